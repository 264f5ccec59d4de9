"""`storage.contract.Transaction`: all or nothing, durable, and no waiting for a body's other work."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from storage import Duplicate, Storage, StorageError
from tests.storage.examples import GRANT, INTERACTION, NOW, SESSION, USER, user


async def names(store: Storage) -> list[str]:
    async with store.snapshot("acme") as tx:
        return [u.username for u in await tx.users.list()]


async def test_a_transaction_is_seen_when_it_has_ended(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await names(store) == []
    assert await names(store) == ["alice"]


async def test_an_exception_takes_everything_back(store: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)
            await tx.interactions.add(INTERACTION)
            raise ZeroDivisionError
    assert await names(store) == []
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) is None


async def test_an_empty_transaction_is_one(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        pass
    async with store.transaction("acme") as tx:
        await tx.commit()


async def test_writes_alone_are_kept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) == INTERACTION


async def test_of_many_at_once_the_failing_ones_hurt_only_themselves(store: Storage) -> None:
    async def body(number: int) -> None:
        async with store.transaction("acme") as tx:
            await tx.users.add(user(number))
            await asyncio.sleep(0)
            if number % 3 == 0:
                raise ZeroDivisionError
            if number % 3 == 1:
                await tx.users.add(user(number))

    results = await asyncio.gather(*(body(number) for number in range(30)), return_exceptions=True)
    expected = {0: ZeroDivisionError, 1: Duplicate, 2: type(None)}
    assert [type(result) for result in results] == [expected[number % 3] for number in range(30)]
    assert await names(store) == sorted(f"user{number}" for number in range(30) if number % 3 == 2)


async def test_of_many_at_once_the_cancelled_ones_hurt_only_themselves(store: Storage) -> None:
    async def body(number: int) -> None:
        async with store.transaction("acme") as tx:
            await tx.users.add(user(number))
            await tx.commit()
            if number % 2 == 0:
                await tx.users.add(user(100 + number))
                asyncio.get_running_loop().call_soon(tasks[number].cancel)
                await asyncio.sleep(5)
            await tx.users.add(user(200 + number))

    tasks = [asyncio.create_task(body(number)) for number in range(12)]
    await asyncio.wait(tasks)
    assert [task.cancelled() for task in tasks] == [True, False] * 6
    odd = [200 + number for number in range(1, 12, 2)]
    assert await names(store) == sorted(f"user{number}" for number in (*range(12), *odd))


async def test_tasks_cancelled_while_they_wait_for_their_turn_leave_no_gap(store: Storage) -> None:
    async def body(number: int) -> None:
        async with store.transaction("acme") as tx:
            await tx.users.add(user(number))
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(body(number)) for number in range(9)]
    await asyncio.sleep(0.015)
    for task in tasks[4:8]:
        task.cancel()
    await asyncio.wait(tasks)
    kept = [number for number, task in enumerate(tasks) if not task.cancelled()]
    assert {0, 1, 2, 3, 8} <= set(kept)
    assert await names(store) == [f"user{number}" for number in kept]


async def test_commit_makes_the_first_half_durable_whatever_follows(store: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)
            await tx.commit()
            assert await names(store) == ["alice"]
            await tx.users.add(user(2))
            raise ZeroDivisionError
    assert await names(store) == ["alice"]


async def test_nobody_waits_for_a_body_that_works_after_its_commit(store: Storage) -> None:
    committed, done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.transaction("acme") as tx:
            await tx.budgets.spend("alice", 5, 60, NOW)
            await tx.commit()
            committed.set()
            await done.wait()  # a password hash
            await tx.budgets.refund("alice")

    task = asyncio.create_task(slow())
    await committed.wait()
    async with asyncio.timeout(60), store.transaction("acme") as tx:
        assert (await tx.budgets.spend("alice", 5, 60, NOW)).failures == 2
    done.set()
    await task
    async with store.snapshot("acme") as tx:
        budget = await tx.budgets.find("alice")
        assert budget is not None and budget.failures == 1


async def test_a_failed_statement_keeps_nothing_even_if_its_error_is_swallowed(store: Storage) -> None:
    with pytest.raises(StorageError):
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)
            await tx.users.add(user(2))
            with contextlib.suppress(Duplicate):
                await tx.users.replace(user(2, username="alice"))
    assert await names(store) == []


async def test_nothing_can_be_done_after_a_failed_statement(store: Storage) -> None:
    with pytest.raises(StorageError, match="an earlier statement"):
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)
            await tx.users.add(user(2))
            with pytest.raises(Duplicate):
                await tx.users.replace(user(2, username="alice"))
            await tx.users.list()
    async with store.transaction("acme") as tx:  # and the next begins afresh
        await tx.users.add(USER)


async def test_a_write_that_cannot_be_is_an_error_at_the_latest_at_the_end(store: Storage) -> None:
    """A session or grant of nobody: the foreign key refuses, and the transaction says so."""
    with pytest.raises(StorageError):
        async with store.transaction("acme") as tx:
            await tx.interactions.add(INTERACTION)
            await tx.grants.add(GRANT)
    with pytest.raises(StorageError):
        async with store.transaction("acme") as tx:
            await tx.sessions.add(SESSION)
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) is None


async def test_a_bearer_secret_s_hash_is_taken_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(SESSION)
    with pytest.raises(Duplicate):
        async with store.transaction("acme") as tx:
            await tx.sessions.add(SESSION)
