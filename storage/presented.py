"""What clients present again: its records, and the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class RetryAnswer:
    """What the refresh that spent a token answered, sealed, and the refresh token in it."""

    token_hash: bytes
    successor_hash: bytes
    sealed: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """An access token that a service holds in its own name: there is no user, and no grant."""

    token_hash: bytes
    service: str
    client_id: str
    scope: tuple[str, ...]
    audience: tuple[str, ...]
    jkt: str
    created_at: int
    expires_at: int
    certificate: str = ""


class SpentIdentifiers(Protocol):
    """Identifiers of signed messages that are good for one use."""

    async def add(self, digest: bytes, expires_at: int) -> bool:
        """Remember it until then; False if it was spent before. One statement: of many, one gets True."""


class RetryAnswers(Protocol):
    """What a refresh answered; it goes with the grant."""

    async def add(self, answer: RetryAnswer) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> RetryAnswer | None:
        """The answer to the refresh that spent this token; None once the token given by it was used."""


class ServiceTokens(Protocol):
    """Access tokens that services hold in their own names."""

    async def add(self, token: ServiceToken) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> ServiceToken | None: ...
    async def delete(self, token_hash: bytes) -> bool: ...
