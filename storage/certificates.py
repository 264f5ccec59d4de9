"""Client certificates of people, and the authorities that issue them. See `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """An authority at rest: the private half sealed, the public half in its certificate (DER)."""

    id: str
    state: Literal["active", "retired"]  # issues, or only vouches for what it issued
    sealed: bytes
    certificate: bytes
    created_at: int
    changed_at: int  # when it took its present state


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate of one of the authorities. Its owner holds the credential whose id is its serial number."""

    serial: str
    authority: str
    user_id: str
    issued_at: int
    ends_at: int
    revoked_at: int | None = None


class Authorities(Protocol):
    """The tenant's own, listed oldest first."""

    async def add(self, authority: AuthorityRecord) -> None:
        """Raises `Duplicate`."""

    async def list(self) -> Sequence[AuthorityRecord]: ...
    async def move(self, authority_id: str, state: str, now: int) -> bool: ...
    async def delete(self, authority_id: str) -> bool:
        """With the certificates that it issued, and the credentials of their owners."""


class IssuedCertificates(Protocol):
    """Every certificate until it ends, revoked or not; one that ended goes with its credential."""

    async def add(self, issued: IssuedCertificate) -> None:
        """Raises `Duplicate`."""

    async def find(self, serial: str) -> IssuedCertificate | None: ...
    async def list(self, after: str = "", limit: int = 100) -> Sequence[IssuedCertificate]:
        """By serial number, those after `after`."""

    async def list_of(self, user_id: str) -> Sequence[IssuedCertificate]: ...  # oldest first
    async def list_revoked(self, authority_id: str, now: int) -> Sequence[IssuedCertificate]:
        """Of one authority, those that have not ended, by serial number."""

    async def revoke_unheld(self, user_id: str, now: int) -> Sequence[IssuedCertificate]:
        """Revoke what was issued to the user and he holds no more; returns it as it is now."""
