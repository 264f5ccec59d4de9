"""Compares this machine's clock with the database's: all nodes have one database, and should have one time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from idp.background import running
from idp.provider import IdentityProvider
from idp.quorum import vote
from storage import StorageError

SECONDS: Final = 30.0  # from one look to the next, give or take a half
FIRST_SECONDS: Final = 1.0
TOLERATED_SECONDS: Final = 3  # clocks that are kept by NTP differ by far less, and an answer takes a while

OUTVOTED: Final = "most nodes' clocks agree, and not with this one's: it is not ready until it is set right"

log = structlog.get_logger("idp.storage")


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one time (epoch seconds): ours before and after the database told its own."""

    before: int
    theirs: float
    after: int

    @property
    def ahead(self) -> int:
        """By how many seconds ours is ahead, negative if behind; 0 if they may well be the same."""
        if self.before - TOLERATED_SECONDS <= self.theirs <= self.after + 1 + TOLERATED_SECONDS:
            return 0
        late = self.theirs < self.before
        return round(self.after - self.theirs) if late else -round(self.theirs - self.before)

    @property
    def is_exact(self) -> bool:
        """Whether the answer came so soon that it is known to a second by how much they differ."""
        return 0 <= self.after - self.before <= 1

    @property
    def offset(self) -> int:
        """By how much ours is ahead, as far as it is known."""
        return round((self.before + self.after + 1) / 2 - self.theirs)


@asynccontextmanager
async def comparing(provider: IdentityProvider, node: str) -> AsyncIterator[None]:
    """While the block runs, tell in health and log when the two differ, and when it is this node that is wrong.

    Nothing is lost by a wrong clock, and nothing can be used twice; but codes of the nodes beside it look too old or
    too young there, and of work that one node does at a time it takes what is another's, or leaves it lying.
    """
    async with running(_watch(provider, node)):
        yield


async def _watch(provider: IdentityProvider, node: str) -> None:
    seconds, told, out = FIRST_SECONDS, 0, False
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        seconds = SECONDS
        try:
            reading = await read(provider)
            ahead = reading.ahead if reading else 0
            if reading is not None and reading.is_exact:
                is_out = await vote(provider.storage, node, reading.offset, int(reading.theirs))
            else:
                is_out = out
        except StorageError:  # who needs the database says so
            continue
        provider.notices["clock"] = [words(ahead)] if ahead else []
        provider.notices["clock/outvoted"] = [OUTVOTED] if is_out else []
        if ahead and not told:
            log.error("clock.differs", ahead_seconds=ahead)
        elif told and not ahead:
            log.info("clock.agrees")
        if is_out and not out:
            log.error("clock.outvoted", ahead_seconds=ahead)
        told, out = ahead, is_out


async def read(provider: IdentityProvider) -> Reading | None:
    """None where the database has no clock of its own. Raises `StorageError`."""
    before = provider.clock()
    theirs = await provider.storage.time()
    return None if theirs is None else Reading(before, theirs, provider.clock())


def words(ahead: int) -> str:
    """What an administrator is told of a clock that is `ahead` seconds ahead."""
    way = "ahead of" if ahead > 0 else "behind"
    return f"the clock of this node is {abs(ahead)} s {way} the database's: see which of the two is wrong"
