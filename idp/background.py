"""Work beside the requests: for as long as a process serves, and again after a pause when it failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

LONGEST_RETRY_SECONDS: Final = 3600
_DIED: set[str] = set()  # of this process, what ended by a defect and is not begun again

log = structlog.get_logger("idp.background")


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Each piece of work goes on while the block runs; at its end all are cancelled and waited for."""
    tasks = [asyncio.create_task(each, name=_name(each)) for each in work]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        _DIED.difference_update(task.get_name() for task in tasks)


def died() -> tuple[str, ...]:
    """Work that should go on and does not: each piece takes care of what it expects, so that this is a defect."""
    return tuple(sorted(_DIED))


def _name(work: Any) -> str:
    """The coroutine's own, with its module: most are called alike."""
    return f"{work.cr_frame.f_globals['__name__']}.{work.__name__}"


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _DIED.add(task.get_name())
        log.error("background.died", work=task.get_name(), exc_info=error)


def retry_at(attempts: int, now: int, first: int) -> int:
    """When to try again (epoch seconds): `first` seconds after the first attempt, each pause three times the one
    before, up to an hour.
    """
    pause: int = first * 3 ** min(attempts - 1, 10)
    return now + min(pause, LONGEST_RETRY_SECONDS)
