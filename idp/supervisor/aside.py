"""Work that needs an event loop, done in a process of its own: the supervisor has none, so that it can always fork."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import NoReturn

from idp.supervisor.work import Unfit

DONE, FAILED = b"\0", b"\1"


def aside(work: Callable[[], Awaitable[bytes]]) -> bytes:
    """What the work returns. Raises `Unfit` with what it raised. Only a process without threads may call this."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _live(work, theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    if said[:1] != DONE:
        raise Unfit([said[1:].decode() or "what is in the database could not be asked for"])
    return said[1:]


def _live(work: Callable[[], Awaitable[bytes]], pipe: int) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)  # the supervisor's own signals are none of ours
        try:
            said = DONE + asyncio.run(_awaited(work))
        except Exception as error:  # whatever it is ends the start, or keeps the old configuration
            said = FAILED + (str(error) or type(error).__name__).encode()
        with os.fdopen(pipe, "wb") as end:
            end.write(said)
    finally:
        os._exit(0)  # what the supervisor registered to run at its exit is not ours to run


async def _awaited(work: Callable[[], Awaitable[bytes]]) -> bytes:
    return await work()
