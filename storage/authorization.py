"""Authorization requests that wait, and what users agreed to: records and promises; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storage.records import JSON, AuthorizationRequest


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user agreed to share with a service, or with one of the clients that share its name.

    Of the latter `service` has `:` and the client's id behind it, and `names` is what it called itself then.
    """

    user_id: str
    service: str
    scope: tuple[str, ...]
    given_at: int
    names: JSON = field(default_factory=dict)


class AuthorizationRequests(Protocol):
    """Authorization requests that wait."""

    async def add(self, request: AuthorizationRequest) -> None: ...
    async def find(self, id_hash: bytes, now: int) -> AuthorizationRequest | None: ...
    async def consume(self, id_hash: bytes, now: int) -> AuthorizationRequest | None:
        """Return the live request and delete it, in one statement: of many, one gets it."""


class Consents(Protocol):
    """What users agreed to share."""

    async def replace(self, consent: Consent) -> None:
        """Remember it in place of what the user agreed to before, if he did."""

    async def find(self, user_id: str, service: str) -> Consent | None: ...
    async def list(self, user_id: str) -> Sequence[Consent]:
        """By service."""

    async def delete(self, user_id: str, service: str) -> bool: ...
