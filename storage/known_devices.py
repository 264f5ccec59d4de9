"""Browsers in which users signed in before, and the promises that every backend keeps about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class KnownDevice:
    """One browser of one user, by the hash of its secret; `authenticators` are those that were proven in it.

    Several users may share a browser, and so its secret: each has a record of his own. `id` names it to people.
    """

    id: str
    token_hash: bytes
    user_id: str
    authenticators: tuple[str, ...]
    created_at: int
    seen_at: int
    expires_at: int  # unless it is used before
    address: str = ""  # where it was seen last
    user_agent: str = ""


class KnownDevices(Protocol):
    """Those of one tenant; they go with their user."""

    async def add(self, device: KnownDevice, most: int) -> None:
        """Keep it, and no more than `most` of its user: those that were not seen for longest go."""

    async def find(self, token_hash: bytes, user_id: str, now: int) -> KnownDevice | None: ...
    async def list(self, user_id: str, now: int) -> Sequence[KnownDevice]:
        """Those that live, seen last first."""

    async def replace(self, device: KnownDevice) -> bool:
        """What was proven in it and when it was seen; its secret stays."""

    async def move(self, token_hash: bytes, to: bytes, now: int) -> None:
        """The browser has another secret from now on, for all whom it is still known to."""

    async def delete(self, user_id: str, device_id: str) -> bool: ...
    async def delete_of(self, user_id: str) -> int: ...
