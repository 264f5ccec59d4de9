"""Login protect: keys of devices that release logins, and the releases; and the promises every backend keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """The public key of an app that releases its user's logins. `sealed` opens only for this row and user."""

    id: str  # the key's thumbprint (RFC 7638)
    user_id: str
    credential_id: str  # the device for one-time codes that it came with, and goes with
    sealed: bytes
    created_at: int
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One login of the user may be answered, if it begins to prove him before `expires_at` (epoch seconds)."""

    user_id: str
    id: str
    key_id: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a user has a key, and the release that is open for him; empty for none."""

    has_key: bool
    release_id: str


class Releases(Protocol):
    """The keys and releases of one tenant."""

    async def add_key(self, key: ReleaseKey) -> bool:
        """False if it is there already, or its device has another."""

    async def find_key(self, key_id: str) -> ReleaseKey | None: ...
    async def list_keys(self, after: str = "", limit: int = 500) -> Sequence[ReleaseKey]:
        """By id, those after `after`."""

    async def delete_key(self, key_id: str) -> bool: ...
    async def delete_keys(self, user_id: str) -> int: ...
    async def ask(self, key_id: str, challenge_hash: bytes, until: int) -> bool:
        """Keep the one challenge that this key may answer, in place of the one before."""

    async def answer(self, key_id: str, challenge_hash: bytes, until: int, now: int) -> ReleaseKey | None:
        """Take back the live challenge of the key that ends then, in one statement: of many answers, one counts."""

    async def replace(self, release: Release) -> None:
        """Keep it in place of the one before."""

    async def standing(self, user_id: str, now: int) -> Standing: ...
    async def consume(self, user_id: str, release_id: str, now: int) -> bool:
        """Take a live release out of the store: of many logins, one gets it."""
