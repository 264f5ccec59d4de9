"""Whether the event loop stood still."""

from __future__ import annotations

import asyncio


async def turns_during(work: asyncio.Task[object]) -> int:
    """How often the event loop came round, once a millisecond at most, while `work` was done.

    Turns and no seconds: a busy machine makes them few, but only what blocks the loop makes them none.
    """
    turns = 0
    while not work.done():
        await asyncio.sleep(0.001)
        turns += 1
    return turns
