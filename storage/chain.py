"""The audit log as a chain, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it lies in the database: what the chain is made of. `address` is empty where it is sealed."""

    seq: int  # its place in the chain, from 1
    version: int  # of the event's fields; 0: written before they had one
    id: str
    at: int
    event: str
    user_id: str | None
    service: str
    address: str
    request_id: str
    reference: str
    details: str  # the JSON text itself
    sealed: bytes | None
    secret: bytes | None = field(default=None, repr=False)  # of its person; None where it was destroyed


@quick
@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement about the records `first_seq` to `last_seq`, whose digests stand one behind the other.

    Without digests it states that all up to `last_seq` was deleted, and the chain begins behind it.
    """

    number: int
    first_seq: int
    last_seq: int
    created_at: int
    digests: bytes
    statement: str


@quick
@dataclass(frozen=True, slots=True)
class Turn:
    """How far work on the chain has come, and who does it until when (epoch seconds)."""

    holder: str
    until: int
    position: int
    attempts: int = 0  # that failed since the last that did not
    failure: str = ""


class AuditChain(Protocol):
    """Records in their order. Writers know nothing of it: one node links what was committed."""

    async def is_waiting(self) -> bool:
        """Whether any record is not linked yet."""

    async def link(self, after: int, limit: int) -> Sequence[Kept]:
        """Give those that wait the numbers behind `after`, by their ids; returns them in order, without secrets."""

    async def list(self, after: int, until: int, limit: int) -> Sequence[Kept]:
        """Linked records in order: those behind `after` up to `until`."""

    async def waiting(self) -> tuple[int, int]:
        """How many records are not linked, and since when the first of them waits (epoch seconds)."""

    async def outside(self) -> int | None:
        """The number of a record that no checkpoint covers, where there is one."""

    async def last(self) -> Checkpoint | None: ...
    async def checkpoints(self, after: int = 0, limit: int = 100) -> Sequence[Checkpoint]:
        """In order, those behind the number `after`."""

    async def put(self, checkpoint: Checkpoint) -> None:
        """Instead of the one of this number, if there is one."""

    async def cut(self, number: int) -> None:
        """Delete all checkpoints before this one."""

    async def delete(self, last_seq: int, limit: int) -> int:
        """Delete a slice of the records up to `last_seq`; returns how many."""


class AuditTurns(Protocol):
    """Who works on what, one node at a time."""

    async def find(self, name: str) -> Turn | None: ...
    async def claim(self, name: str, holder: str, now: int, until: int, position: int = 0) -> Turn | None:
        """Take the work, or keep it; it begins at `position`. None while another has it, or it rests."""

    async def settle(self, name: str, turn: Turn) -> bool:
        """Write down how it stands; False, and nothing is written, if the holder is another meanwhile."""
