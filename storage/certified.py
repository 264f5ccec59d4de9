"""What services of other organisations hold on to: certificates, and names of users. See `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class CertifiedKeyRecord:
    """A key pair at rest: the private half sealed, the public half in its certificate (DER)."""

    kid: str
    purpose: Literal["signing", "encryption"]
    method: str  # the algorithm by which it signs, as XML Signature names it
    state: Literal["next", "active", "retired"]
    sealed: bytes
    certificate: bytes
    created_at: int
    changed_at: int  # when it took its present state


class CertifiedKeys(Protocol):
    """Keys that others know by their certificates."""

    async def add(self, key: CertifiedKeyRecord) -> None:
        """Raises `Duplicate`."""

    async def list(self) -> Sequence[CertifiedKeyRecord]: ...  # oldest first
    async def move(self, kid: str, state: str, now: int) -> bool: ...
    async def delete(self, kid: str) -> bool: ...


class NameRevisions(Protocol):
    """How often a service was given a new name for a user; the names themselves are derived."""

    async def add(self, user_id: str, service: str, now: int) -> None:
        """The service was given the first name, of revision 0; nothing where it had been given one."""

    async def find(self, user_id: str, service: str) -> int | None:
        """None until it is given one, or its number is raised."""

    async def advance(self, user_id: str, service: str, now: int) -> int:
        """Raise it, in one statement; returns the new one."""
