"""Clients that registered themselves (RFC 7591), and the tokens that let them: records and promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.records import JSON


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client by what it says of itself. Its secret and its registration access token are kept as hashes."""

    id: str  # the `client_id`: random, never given again
    metadata: JSON  # as it was registered, by the names of the standard
    secret_hash: bytes | None  # None for a public client
    token_hash: bytes
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class InitialToken:
    """Lets its holder register so many clients until it expires (RFC 7591 §1.2)."""

    id: str  # names it to administrators
    token_hash: bytes
    note: str
    uses_left: int
    created_at: int
    expires_at: int


class RegisteredClients(Protocol):
    """The clients of one tenant that are in no file."""

    async def add(self, client: RegisteredClient, limit: int) -> bool:
        """False if the tenant has `limit` already.

        Requests of one instant do not see each other: on PostgreSQL as many more as there are writers get in.
        """

    async def find(self, client_id: str) -> RegisteredClient | None: ...
    async def list(self, after: str = "", limit: int = 100) -> Sequence[RegisteredClient]:
        """By id, those after `after`."""

    async def replace(self, client: RegisteredClient, token_hash: bytes) -> bool:
        """Only while the registration access token is `token_hash`: of many updates, one gets True."""

    async def delete(self, client_id: str) -> bool: ...


class InitialTokens(Protocol):
    """What `idp client token` hands out."""

    async def add(self, token: InitialToken) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> InitialToken | None:
        """The token if it has not expired and a use is left."""

    async def consume(self, token_hash: bytes, now: int) -> bool:
        """Take one use; False if none is left. One statement: no use is taken twice."""

    async def list(self, now: int) -> Sequence[InitialToken]:
        """Those that have not expired, oldest first."""

    async def delete(self, token_id: str) -> bool: ...
