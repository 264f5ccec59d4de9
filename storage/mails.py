"""Mail that waits, links that were mailed, and the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to a user, whose address is looked up when it is sent. Times are epoch seconds.

    Whoever claims it has until `due_at` to send it; then anybody may try. A mail that is dead waits for an
    administrator.
    """

    id: str  # also names the message to mail servers, so that one sent twice is one
    kind: str
    user_id: str  # empty for nobody: what is asked for an unknown name costs what it does for a known one
    locale: str
    sealed: bytes = field(repr=False)  # what its words need; it may hold a secret
    created_at: int
    due_at: int
    last_at: int  # when it is not worth sending any more
    expires_at: int  # when it goes, sent or not
    attempts: int = 0  # those that were begun
    failure: str = ""  # why the last one failed
    dead_at: int | None = None  # since when nobody tries any more


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the queue stands."""

    dead: int
    oldest_at: int | None  # when the oldest that is still tried was written
    waiting: int  # that are still tried


class Mails(Protocol):
    """What is still to be sent, and what could not be."""

    async def add(self, mail: Mail) -> None: ...
    async def find(self, mail_id: str) -> Mail | None: ...
    async def list(self, limit: int = 100, *, dead: bool = False) -> Sequence[Mail]:
        """Those that are due first come first; with `dead` those that nobody tries any more."""

    async def claim(self, now: int, until: int) -> Mail | None:
        """Take one that is due, counted as an attempt and due again at `until`. Of many nodes, one gets it."""

    async def postpone(self, mail_id: str, due_at: int, failure: str) -> None: ...
    async def bury(self, mail_id: str, now: int, failure: str) -> None:
        """Nobody tries it any more."""

    async def revive(self, mail_id: str, now: int, last_at: int) -> bool:
        """Try again, as if it were new; False if there is no such mail."""

    async def delete(self, mail_id: str) -> bool: ...
    async def backlog(self) -> Backlog: ...


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A mailed link by which a user replaces a forgotten pattern, stored as the hash of its secret."""

    token_hash: bytes
    user_id: str
    created_at: int
    expires_at: int


class ResetLinks(Protocol):
    """Links that were mailed, each for one use."""

    async def add(self, link: ResetLink) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> ResetLink | None: ...
    async def consume(self, token_hash: bytes, now: int) -> ResetLink | None:
        """Take a live one out of the store: of many who bring it, one gets it."""

    async def delete_of(self, user_id: str) -> int: ...
