"""Group commit: transactions take turns on one writing connection and share one flush to the disk."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from storage.committer import Committer
from storage.contract import StorageError, StorageTimeout
from storage.sql import Row, Value

PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.001  # how often another process' write lock is tried; its commits take about as long
LARGEST_GROUP = 64  # a commit comes at the latest after so many, however many wait


class Journal(Protocol):
    """The writing connection of a database that allows one writer."""

    def begin(self) -> bool:
        """Take the write lock without waiting; False while another process has it."""

    def is_open(self) -> bool:
        """Whether a group is open; an error may have closed it and lost what was in it."""

    def is_dirty(self) -> bool:
        """Whether anything was written since `begin`."""

    def run(self, statement: str, values: Mapping[str, Value] = ...) -> Sequence[Row]:
        """Run one statement. Raises `StorageError`."""

    def count(self, statement: str, values: Mapping[str, Value] = ...) -> int:
        """Run one statement that changes rows; returns how many it did change. Raises `StorageError`."""

    def split(self, text: str) -> Iterable[str]:
        """The statements of a script."""

    def commit(self) -> None:
        """Flush; slow when dirty. Raises `StorageError`, and then nothing of the group was kept."""


class GroupCommit:
    """Whose turn it is to write, and who waits for the disk.

    One body at a time has the turn. Bodies that are done wait together: when nobody wants the turn, a thread
    commits for all of them, while the event loop goes on and the next group gathers.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._committer = Committer(journal, self._committed)
        self._loop = asyncio.get_running_loop()
        self._taken = False
        self._queue: deque[tuple[asyncio.Future[None], float]] = deque()  # until when each is patient
        self._expiry: asyncio.TimerHandle | None = None  # looks at the first, while anybody waits
        self._done: list[asyncio.Future[None]] = []
        self._bodies = 0
        self._is_ending = False  # the group is looked at once more before it is committed
        self.flushes = 0  # since the start: how many times the disk was waited for

    @property
    def waiting(self) -> int:
        """How many want the turn now."""
        return len(self._queue)

    @property
    def is_empty(self) -> bool:
        """Whether the body that has the turn is the first of its group."""
        return not self._bodies

    async def enter(self) -> None:
        """Take the turn, within an open group. Raises `StorageTimeout`."""
        if self._taken:
            await self._wait()
        self._taken = True
        if self._journal.is_open():
            return
        try:
            await self._begin()
        except BaseException:
            self._pass_on()
            raise

    async def leave(self) -> None:
        """Give the turn back after success; returns when all that was done is on the disk."""
        if not self._journal.is_dirty():  # nor was anything read that is not on the disk
            self._end_turn()
            return
        durable = self._loop.create_future()
        self._done.append(durable)
        self._end_turn()
        await durable

    def abandon(self) -> None:
        """Give the turn back after a body that was rolled back."""
        if not self._journal.is_open():
            self._settle(StorageError("the database rolled back for want of space or memory"))
        self._end_turn()

    async def close(self) -> None:
        """Wait for the disk; nobody may enter any more."""
        if self._taken:
            await self._wait()
        self._taken = True
        if self._journal.is_open():
            await self.leave()
        if self._expiry is not None:
            self._expiry.cancel()
        await self._committer.close()

    async def _wait(self) -> None:
        turn, until = self._loop.create_future(), self._loop.time() + PATIENCE_SECONDS
        self._queue.append((turn, until))
        if self._expiry is None:  # one timer for all: a timer each costs as much as a small statement
            self._expiry = self._loop.call_at(until, self._expire)
        try:
            await turn
        except BaseException:
            if not turn.cancelled() and turn.exception() is None:
                self._pass_on()  # it became ours while we were given up
            raise

    def _expire(self) -> None:
        """Whoever has waited for too long is told so; the first of the others is looked at in its time."""
        now = self._loop.time()
        while self._queue and (self._queue[0][0].done() or self._queue[0][1] <= now):
            turn, _ = self._queue.popleft()
            if not turn.done():
                turn.set_exception(StorageTimeout(f"others kept writing for {PATIENCE_SECONDS} s"))
        waits = bool(self._queue)
        self._expiry = self._loop.call_at(self._queue[0][1], self._expire) if waits else None

    async def _begin(self) -> None:
        deadline = self._loop.time() + PATIENCE_SECONDS
        while not self._journal.begin():
            if self._loop.time() > deadline:
                raise StorageTimeout(f"another process kept the write lock for {PATIENCE_SECONDS} s")
            await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  no secret
        self._bodies = 0

    def _end_turn(self) -> None:
        self._bodies += 1
        if self._bodies >= LARGEST_GROUP and self._journal.is_open():
            self._commit()
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._queue:
            turn, _ = self._queue.popleft()
            if not turn.done():  # else its task was cancelled a moment ago
                turn.set_result(None)
                return
        self._taken = False
        if self._journal.is_open() and not self._is_ending:
            self._is_ending = True
            self._loop.call_soon(
                self._commit_if_idle
            )  # whoever runs in this round of the loop may still join

    def _commit_if_idle(self) -> None:
        self._is_ending = False
        if not self._taken and self._journal.is_open():
            self._commit()

    def _commit(self) -> None:
        self._taken = True
        if self._journal.is_dirty():
            self.flushes += 1
            self._committer.start()
            return
        self._journal.commit()  # nothing to flush: it only lets the lock go
        self._pass_on()

    def _committed(self, error: Exception | None) -> None:
        kind = type(error) if isinstance(error, StorageError) else StorageError
        self._settle(kind(f"commit failed: {error}") if error else None)
        self._pass_on()

    def _settle(self, error: StorageError | None) -> None:
        done, self._done = self._done, []
        for durable in done:
            if durable.done():  # its task was cancelled
                continue
            if error is None:
                durable.set_result(None)
            else:
                durable.set_exception(type(error)(*error.args))
