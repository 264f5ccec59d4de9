"""Work beside the requests: for as long as a process serves, and again after a pause when it failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

LONGEST_RETRY_SECONDS: Final = 3600


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Each piece of work goes on while the block runs; at its end all are cancelled and waited for."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def retry_at(attempts: int, now: int, first: int) -> int:
    """When to try again (epoch seconds): `first` seconds after the first attempt, each pause three times the one
    before, up to an hour.
    """
    pause: int = first * 3 ** min(attempts - 1, 10)
    return now + min(pause, LONGEST_RETRY_SECONDS)
