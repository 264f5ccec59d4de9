"""Tokens that were exchanged for others, and the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from storage.records import JSON, Grant


@dataclass(frozen=True, slots=True)
class ExchangedToken:
    """An access token that a service got for somebody's (RFC 8693). It is worth nothing without that one.

    `subject_hash` is the access token that a login gave, where the chain of exchanges begins.
    """

    token_hash: bytes
    subject_hash: bytes
    service: str
    client_id: str
    scope: tuple[str, ...]
    audience: tuple[str, ...]
    jkt: str
    act: JSON  # who acts, and for whom he acts (§4.1); empty if nobody but the service itself
    created_at: int
    expires_at: int
    certificate: str = ""  # the thumbprint of that which it is bound to (RFC 8705)


class ExchangedTokens(Protocol):
    """Access tokens that services hold for users of other services."""

    async def add(self, token: ExchangedToken) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> tuple[ExchangedToken, Grant] | None:
        """The live token, its subject live too, with the grant that the user gave."""

    async def delete(self, token_hash: bytes) -> bool: ...
