"""Compares this machine's clock with the database's: all nodes have one database, and should have one time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from idp.background import running
from idp.provider import IdentityProvider
from storage import StorageError

SECONDS: Final = 30.0  # from one look to the next, give or take a half
FIRST_SECONDS: Final = 1.0
TOLERATED_SECONDS: Final = 3  # clocks that are kept by NTP differ by far less, and an answer takes a while

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def comparing(provider: IdentityProvider) -> AsyncIterator[None]:
    """While the block runs, tell in health and log when the two differ.

    Nothing is lost by a wrong clock, and nothing can be used twice; but codes of the nodes beside it look too old or
    too young there, and of work that one node does at a time it takes what is another's, or leaves it lying.
    """
    async with running(_watch(provider)):
        yield


async def _watch(provider: IdentityProvider) -> None:
    seconds, told = FIRST_SECONDS, 0
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        seconds = SECONDS
        try:
            ahead = await ahead_of_the_database(provider)
        except StorageError:  # who needs the database says so
            continue
        provider.notices["clock"] = [words(ahead)] if ahead else []
        if ahead and not told:
            log.error("clock.differs", ahead_seconds=ahead)
        elif told and not ahead:
            log.info("clock.agrees")
        told = ahead


async def ahead_of_the_database(provider: IdentityProvider) -> int:
    """By how many seconds ours is ahead of the database's, negative if behind; 0 if they may well be the same."""
    before = provider.clock()
    theirs = await provider.storage.time()
    after = provider.clock()
    if theirs is None or before - TOLERATED_SECONDS <= theirs <= after + 1 + TOLERATED_SECONDS:
        return 0
    return round(after - theirs) if theirs < before else -round(theirs - before)


def words(ahead: int) -> str:
    """What an administrator is told of a clock that is `ahead` seconds ahead."""
    way = "ahead of" if ahead > 0 else "behind"
    return f"the clock of this node is {abs(ahead)} s {way} the database's: see which of the two is wrong"
