"""Connections that are lent: what happens to those who wait while others cannot be opened."""

from __future__ import annotations

import asyncio

import pytest

from storage import StorageError, StorageTimeout
from storage.pool import Pool


class Line:
    """A connection to nowhere."""

    closed = False

    def close(self) -> None:
        assert not self.closed, "its descriptor may be another's by now"
        self.closed = True


class Exchange:
    """Opens lines: at once, or when it is told to, or never."""

    def __init__(self) -> None:
        self.opened: list[Line] = []
        self.goes = asyncio.Event()
        self.goes.set()
        self.fails = False

    async def open(self) -> Line:
        await self.goes.wait()
        if self.fails:
            raise StorageError("nobody answers")
        self.opened.append(Line())
        return self.opened[-1]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


async def test_who_waits_is_lent_what_comes_back_though_a_new_one_hangs(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 2, 5)
    first = await pool.acquire()
    exchange.goes.clear()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(first)
    assert await waiting is first
    await pool.close()
    assert first.closed


async def test_each_who_waits_is_told_at_once_that_none_can_be_opened(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 2, 5)
    exchange.fails = True
    told = await asyncio.gather(*(pool.acquire() for _ in range(7)), return_exceptions=True)
    assert [type(each) for each in told] == [StorageError] * 7
    exchange.fails = False
    assert await pool.acquire() in exchange.opened


async def test_who_waits_too_long_is_told_so(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 1, 0.05)
    held = await pool.acquire()
    with pytest.raises(StorageTimeout):
        await pool.acquire()
    pool.release(held)
    assert await pool.acquire() is held


async def test_what_was_given_to_somebody_who_is_gone_goes_to_the_next(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 1, 5)
    held = await pool.acquire()
    gone, next_one = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(held)
    gone.cancel()  # in the same moment
    assert await next_one is held
    assert gone.cancelled()


async def test_one_that_has_ended_is_replaced_and_never_ended_twice(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 1, 5)
    held = await pool.acquire()
    held.close()
    pool.release(held)
    other = await pool.acquire()
    assert other is not held
    pool.release(other)
    other.close()  # by the other side, while it lies idle
    assert await pool.acquire() not in (held, other)
    await pool.close()


async def test_those_that_lie_idle_are_not_lent_after_one_gave_no_answer(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 3, 5)
    held = [await pool.acquire() for _ in range(3)]
    for each in held[:2]:
        pool.release(each)
    pool.doubt()
    assert [each.closed for each in held] == [True, True, False]
    assert await pool.acquire() not in held


async def test_a_pool_that_is_closed_lends_nothing(exchange: Exchange) -> None:
    pool = Pool(exchange.open, 1, 5)
    held = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    await pool.close()
    assert held.closed
    with pytest.raises(StorageError, match="closed"):
        await waiting
    with pytest.raises(StorageError, match="closed"):
        await pool.acquire()
    pool.release(held)
