"""What services are still to be told, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """A service is to be told that a session of a user has ended. It outlives the session, and the user too.

    Whoever claims it has until `due_at` (epoch seconds) to deliver it; then anybody may try.
    """

    id: str
    door: str
    service: str
    user_id: str
    sid: str
    created_at: int
    due_at: int
    attempts: int = 0  # those that were begun
    failure: str = ""  # why the last one failed
    client_id: str = (
        ""  # which of those that share the service's name, as clients that registered themselves do
    )


class Undelivered(NamedTuple):
    """How the queue stands."""

    waiting: int
    oldest_at: int | None  # when the oldest was written


class Deliveries(Protocol):
    """What services are still to be told."""

    async def add(self, delivery: Delivery) -> None: ...
    async def list(self, limit: int = 100) -> Sequence[Delivery]:
        """Those that are due first come first."""

    async def list_at(self, sid: str) -> Sequence[Delivery]:
        """Those about one session, in the same order."""

    async def claim(self, now: int, until: int) -> Delivery | None:
        """Take one that is due, counted as an attempt and due again at `until`. Of many nodes, one gets it."""

    async def postpone(self, delivery_id: str, due_at: int, failure: str) -> None: ...
    async def delete(self, delivery_id: str) -> bool: ...
    async def backlog(self) -> Undelivered: ...
