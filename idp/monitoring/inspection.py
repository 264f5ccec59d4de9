"""What is found out about a node when somebody asks; many who ask at once share one look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from idp.monitoring.filed import Certified
from idp.monitoring.node import Node
from idp.monitoring.parts import CLOCK, FAILED, Parts, judge
from idp.monitoring.seats import Told
from idp.monitoring.survey import Standing, Surveyor
from idp.provider import IdentityProvider
from storage import StorageError

CHECK_SECONDS: Final = 2.0  # for the database to say a word
KEPT_SECONDS: Final = 1.0  # however often one is asked, the database is not asked more often
SURVEYED_SECONDS: Final = 5.0  # nor more often for what takes a dozen statements for each tenant

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known."""

    is_well: bool  # whether the database can be used from here
    seats: Sequence[Told]
    standings: Sequence[Standing]
    certificates: Sequence[Certified]  # of the node itself
    parts: Parts

    @property
    def is_fit(self) -> bool:
        """Whether another node would do no better: ours can use the database, and spoils nothing for the others."""
        return self.is_well and self.parts.states[CLOCK] != FAILED


class Inspection:
    """Of one configuration of the process, which knows the others by what they lay down."""

    def __init__(self, provider: IdentityProvider, node: Node, doors: Sequence[str]) -> None:
        self._provider = provider
        self._node = node
        self._doors = doors
        self._surveyors = [Surveyor(tenant) for tenant in provider.tenants.values()]
        self._check = _Shared(KEPT_SECONDS, self._storage_is_well)
        self._survey = _Shared(SURVEYED_SECONDS, self._standings)
        self._seats = _Shared(KEPT_SECONDS, node.everybody)
        self._last: Sequence[Standing] = ()

    async def look(self, *, anew: bool = False) -> Found:
        """Takes two times `CHECK_SECONDS` at most; what is not known by then is told as it was.

        `anew` is for those who watch over us: what the processes lay down is read for each of them.
        """
        is_well = await self._check.ask()
        if is_well:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    self._last = await self._survey.ask()
            except (StorageError, TimeoutError):
                pass
        seats = await (self._node.everybody() if anew else self._seats.ask())
        now = self._provider.clock()
        lives = [told.live for told in seats if told.live is not None]
        standings, own = self._last if is_well else None, self._node.certificates(now)
        parts = judge(self._doors, self._node.workers, lives, standings, now, own)
        return Found(is_well, seats, self._last, own, parts)

    def now(self) -> int:
        """Epoch seconds."""
        return self._provider.clock()

    async def _standings(self) -> Sequence[Standing]:
        now, storage = self._provider.clock(), self._provider.storage
        return [await surveyor.look(storage, now) for surveyor in self._surveyors]

    async def _storage_is_well(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._provider.storage.check()
        except (StorageError, TimeoutError):
            return False
        return True


class _Shared(Generic[T]):
    """All who ask within so many seconds share one answer; who goes away does not take it from the others."""

    def __init__(self, seconds: float, work: Callable[[], Awaitable[T]]) -> None:
        self._seconds = seconds
        self._work = work
        self._task: asyncio.Future[T] | None = None
        self._asked_at = 0.0

    async def ask(self) -> T:
        """Raises what the work raises."""
        now = asyncio.get_running_loop().time()
        if self._task is None or (self._task.done() and now - self._asked_at > self._seconds):
            self._asked_at = now
            self._task = asyncio.ensure_future(self._work())
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody may wait
        return await asyncio.shield(self._task)
