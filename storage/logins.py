"""The promises every backend keeps about logins in progress and the sessions they lead to; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.records import Interaction, Session


class Interactions(Protocol):
    """Logins in progress."""

    async def add(self, interaction: Interaction) -> None: ...
    async def find(self, interaction_id: str, now: int) -> Interaction | None: ...
    async def consume(self, interaction_id: str, browser_hash: bytes, now: int) -> Interaction | None:
        """Return and delete it in one statement, if it lives: of many, one gets it, and only its own browser."""

    async def delete_of(self, user_id: str) -> int: ...


class Sessions(Protocol):
    """Browser sessions."""

    async def add(self, session: Session) -> None: ...
    async def find(self, id_hash: bytes, now: int) -> Session | None:
        """The session unless its absolute end has passed; idleness is the caller's to judge."""

    async def find_by_sid(self, sid: str, now: int) -> Session | None:
        """The same by the name that services know."""

    async def list_over(self, now: int, idle_since: int, limit: int) -> Sequence[Session]:
        """Sessions whose absolute end has passed, and those that nobody has used since (epoch seconds)."""

    async def touch(self, id_hash: bytes, now: int) -> None: ...
    async def shorten(self, id_hash: bytes, expires_at: int) -> None:
        """Its absolute end comes no later than that."""

    async def list(self, user_id: str, now: int) -> Sequence[Session]: ...
    async def count(self, now: int) -> int:
        """Those whose absolute end has not passed."""

    async def delete(self, id_hash: bytes) -> bool: ...
    async def delete_of(self, user_id: str) -> int: ...
