"""What users gave services, and what hangs on it: the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.records import Grant, Token


class Grants(Protocol):
    """What users gave services, with the authorization codes that open them."""

    async def add(self, grant: Grant) -> None: ...
    async def find(self, grant_id: str) -> Grant | None: ...
    async def list(self, sid: str) -> Sequence[Grant]:
        """What was given in one session, oldest first."""

    async def list_of(self, user_id: str) -> Sequence[Grant]: ...
    async def consume_code(self, code_hash: bytes, now: int) -> Grant | None:
        """Return the grant behind a live code and mark the code used, in one statement."""

    async def revoke_code(self, code_hash: bytes) -> Grant | None:
        """A used code came again: delete the grant that it opened, and so its tokens (RFC 6749 §4.1.2)."""

    async def delete(self, grant_id: str) -> bool: ...
    async def delete_of(self, user_id: str, service: str | None = None, client_id: str | None = None) -> int:
        """What the user gave this service, or the one of its clients, or all services."""


class Tokens(Protocol):
    """Access and refresh tokens by their hash."""

    async def add(self, token: Token) -> None: ...
    async def find(self, token_hash: bytes, kind: str, now: int) -> tuple[Token, Grant] | None:
        """The live token with its grant; for `refresh` also one that was used, so that reuse is seen."""

    async def rotate(self, token_hash: bytes, now: int) -> bool:
        """Mark a refresh token used; False if it was. One statement: of many, one gets True."""

    async def delete(self, token_hash: bytes) -> bool: ...
