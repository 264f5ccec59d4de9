"""Tokens in people's hands: hardware in stock, one-time addresses for apps; and the promises every backend keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HardwareToken:
    """A device that was bought with its secret. `sealed` opens only for this tenant and serial number."""

    serial: str
    kind: str  # hotp or totp
    manufacturer: str
    sealed: bytes
    created_at: int
    changed_at: int
    counter: int = -1  # the last one-time step accepted, whoever held it
    drift: int = 0
    credential_id: str = ""  # what it was assigned as last; nobody's where that credential is gone
    lost_at: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A token of the inventory and the id of the user who holds it, if one does."""

    token: HardwareToken
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Activation:
    """A one-time address by which one user activates an authenticator, as the hash of its secret."""

    token_hash: bytes
    user_id: str
    authenticator: str
    uses_left: int
    created_at: int
    expires_at: int


class HardwareTokens(Protocol):
    """The inventory of one tenant."""

    async def add(self, token: HardwareToken) -> None:
        """Raises `Duplicate` for a serial number that is there already."""

    async def find(self, serial: str) -> Held | None: ...
    async def list(self, after: str = "", limit: int = 500) -> Sequence[Held]:
        """By serial number, those after `after`."""

    async def list_of(self, user_id: str) -> Sequence[HardwareToken]: ...
    async def assign(self, serial: str, credential_id: str, now: int) -> bool:
        """Tie a token that nobody holds and that is not lost to a credential. One statement: of many, one gets it."""

    async def advance(self, serial: str, counter: int, drift: int, now: int) -> bool:
        """As `Credentials.advance`: False if this step or a later one was accepted before, whoever held it."""

    async def mark_lost(self, serial: str, now: int) -> bool:
        """False if it is unknown or was lost before."""


class Activations(Protocol):
    """At most one live address for one user and authenticator."""

    async def replace(self, activation: Activation) -> bool:
        """Keep it in place of the one before; whether there was one."""

    async def find(self, token_hash: bytes, now: int) -> Activation | None: ...
    async def consume(self, token_hash: bytes, now: int) -> int | None:
        """Use it once more: how many uses are left, None if there was none. One statement."""
