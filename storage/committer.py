"""The thread that waits for the disk, so that the event loop does not have to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.group_commit import Journal


class Committer:
    """Commits when it is told to, and tells the event loop how it went.

    An executor would make two futures and take a dozen locks for each commit, which costs as much as the statements
    of a small transaction.
    """

    def __init__(self, journal: Journal, committed: Callable[[Exception | None], None]) -> None:
        """`committed` is called in the running event loop, with what the commit raised in the thread, or None."""
        self._journal, self._committed = journal, committed
        self._loop = asyncio.get_running_loop()
        self._wanted: SimpleQueue[bool] = SimpleQueue()  # False ends the thread
        self._thread = Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Commit once, beside whatever the event loop does meanwhile."""
        self._wanted.put(True)

    async def close(self) -> None:
        """Finish what was started, and end."""
        self._wanted.put(False)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while self._wanted.get():
            error: Exception | None = None
            try:
                self._journal.commit()
            except Exception as failure:  # whoever waits for the disk is told
                error = failure
            with suppress(RuntimeError):  # the event loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._committed, error)
