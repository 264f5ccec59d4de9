"""Whether the event loop stood still."""

from __future__ import annotations

import asyncio
import time


async def longest_pause(work: asyncio.Task[object]) -> float:
    """How long the event loop stood still, at most, while `work` was done (seconds)."""
    pause, before = 0.0, time.monotonic()
    while not work.done():
        await asyncio.sleep(0.001)
        pause, before = max(pause, time.monotonic() - before), time.monotonic()
    return pause
