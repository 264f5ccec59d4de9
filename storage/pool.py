"""Connections that are lent: at most so many, and nobody who waits stands behind another's connecting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

from storage.contract import StorageError, StorageTimeout


class Lent(Protocol):
    """What a connection can do."""

    @property
    def closed(self) -> Any:
        """Whether it has ended, by us or by the other side."""

    def close(self) -> Any: ...


C = TypeVar("C", bound=Lent)


class Pool(Generic[C]):
    """The connection that was used last is lent first. Those that have ended are replaced when one is wanted."""

    def __init__(self, connect: Callable[[], Awaitable[C]], limit: int, patience: float) -> None:
        """`connect` raises `StorageError`; whoever waits for longer than `patience` seconds is told so."""
        self._connect = connect
        self._limit = limit
        self._patience = patience
        self._idle: list[C] = []
        self._lent: set[C] = set()
        self._opening: set[asyncio.Task[C]] = set()
        self._waiting: deque[asyncio.Future[C]] = deque()
        self._is_closed = False

    @property
    def idle(self) -> int:
        """How many wait for somebody."""
        return len(self._idle)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._idle) + len(self._lent)

    async def acquire(self) -> C:
        """One that is the caller's until he releases it. Raises `StorageError`, as `connect` does, `StorageTimeout`."""
        if self._is_closed:
            raise StorageError("the database was closed")
        while self._idle:
            found = self._idle.pop()
            if not found.closed:
                self._lent.add(found)
                return found
        waiter: asyncio.Future[C] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._open_more()
        try:
            async with asyncio.timeout(self._patience):
                return await waiter
        except BaseException as error:
            self._take_back(waiter)
            if isinstance(error, TimeoutError):
                raise StorageTimeout(f"no connection was free within {self._patience:.0f} s") from None
            raise

    def release(self, connection: C) -> None:
        """Give it back; one that has ended makes room for another."""
        self._lent.discard(connection)
        if not connection.closed:
            self._offer(connection)
        self._open_more()

    def doubt(self) -> None:
        """A connection gave no answer: those that lie idle may lead nowhere as well, and new ones show whether."""
        while self._idle:
            _end(self._idle.pop())

    async def close(self) -> None:
        """End them all, also those that are lent: whoever is in a transaction loses it, for a shutdown must end."""
        self._is_closed = True
        opening = list(self._opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(StorageError("the database was closed"))
        for connection in (*self._idle, *self._lent):
            _end(connection)
        self._idle.clear()
        self._lent.clear()

    def _offer(self, connection: C) -> None:
        """To whoever waits longest."""
        if self._is_closed:
            _end(connection)
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                self._lent.add(connection)
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def _take_back(self, waiter: asyncio.Future[C]) -> None:
        """Who waited gave up; he may have been given a connection, or been told of an error, in the same moment."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self.release(waiter.result())
        elif not waiter.done():
            waiter.cancel()

    def _open_more(self) -> None:
        """As many as are waited for and there is room for, side by side: one that hangs delays nobody else."""
        room = self._limit - len(self._lent) - len(self._opening) - len(self._idle)
        if room <= 0:
            return
        wanted = sum(not waiter.done() for waiter in self._waiting) - len(self._opening)
        for _ in range(min(wanted, room)):
            task = asyncio.ensure_future(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Future[C]) -> None:
        self._opening.discard(task)
        error = StorageError("connecting was given up") if task.cancelled() else task.exception()
        if error is None:
            self._offer(task.result())
            return
        # One hears of each failure, and the next tries for himself: else all would wait for what cannot be had.
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)
                break
        if not self._is_closed:
            self._open_more()


def _end(connection: Lent) -> None:
    # Never twice: its descriptor may be another connection's by then, which aiopg would take from the loop.
    if not connection.closed:
        connection.close()
