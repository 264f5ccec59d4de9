"""The promises every backend keeps about authorization requests and consents; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.records import AuthorizationRequest, Consent


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
