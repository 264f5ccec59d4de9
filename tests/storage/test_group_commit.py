"""Group commit: one flush for many, and whatever goes wrong hurts whom it must and nobody else."""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import storage
from storage import Storage, StorageError, StorageTimeout, StorageUnwritable, group_commit
from storage.sqlite import SQLiteJournal
from tests.server import eventually
from tests.storage.embedded import path, store
from tests.storage.examples import INTERACTION, NOW, add_user, user, user_names

__all__ = ["path", "store"]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each COMMIT: whether it had something to flush."""
    seen: list[bool] = []
    commit = SQLiteJournal.commit

    def spy(journal: SQLiteJournal) -> None:
        seen.append(journal.is_dirty())
        commit(journal)

    monkeypatch.setattr(SQLiteJournal, "commit", spy)
    return seen


@contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    """A full disk, as a write sees it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_those_who_come_together_share_one_commit(store: Storage, commits: list[bool]) -> None:
    await asyncio.gather(*(add_user(store, number) for number in range(30)))
    assert commits == [True]
    assert len(await user_names(store)) == 30


async def test_a_commit_comes_however_many_wait(store: Storage, commits: list[bool]) -> None:
    await asyncio.gather(*(add_user(store, number) for number in range(group_commit.LARGEST_GROUP + 1)))
    assert commits == [True, True]


async def test_a_body_without_a_write_flushes_nothing(
    store: Storage, path: Path, commits: list[bool]
) -> None:
    log = path.with_name("masugata.db-wal")
    before = log.stat()
    async with store.transaction("acme") as tx:
        assert await tx.users.find("u1") is None
        assert await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW) is None
    await asyncio.sleep(0.01)
    assert commits == [False]  # which only lets the lock go
    assert log.stat().st_mtime_ns == before.st_mtime_ns


async def test_whoever_read_what_is_not_on_the_disk_waits_until_it_is(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    commit = SQLiteJournal.commit

    def spy(journal: SQLiteJournal) -> None:
        time.sleep(0.05)
        commit(journal)
        events.append("durable")

    monkeypatch.setattr(SQLiteJournal, "commit", spy)

    async def read() -> None:
        async with store.transaction("acme") as tx:
            events.append(f"read {await tx.users.find('u1') is not None}")
        events.append("told")

    await asyncio.gather(add_user(store, 1), read())
    assert events == ["read True", "durable", "told"]


async def test_a_slow_disk_does_not_stop_the_event_loop(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, begun, go_on = SQLiteJournal.commit, threading.Event(), threading.Event()
    turned: list[bool] = []

    def slow(journal: SQLiteJournal) -> None:
        begun.set()
        turned.append(go_on.wait(30))  # what the loop says, if it can
        commit(journal)

    monkeypatch.setattr(SQLiteJournal, "commit", slow)
    task = asyncio.create_task(add_user(store, 1))
    await eventually(begun.is_set)
    go_on.set()
    await task
    assert turned == [True]


async def test_a_body_that_never_ends_is_a_timeout_for_the_others(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.1)
    async with store.transaction("acme") as tx:
        await tx.users.add(user(1))
        with pytest.raises(StorageTimeout):
            await add_user(store, 2)
    await add_user(store, 3)
    assert await user_names(store) == {"user1", "user3"}


async def test_a_waiter_cancelled_in_the_moment_before_its_turn_is_passed_over(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(user(1))
        cancelled, next_one = (asyncio.create_task(add_user(store, number)) for number in (2, 3))
        await asyncio.sleep(0)
        cancelled.cancel()
    async with asyncio.timeout(60):
        await next_one
    assert await user_names(store) == {"user1", "user3"}


async def test_a_waiter_cancelled_in_the_moment_after_its_turn_came_passes_it_on(store: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction("acme") as tx:
            await tx.users.add(user(1))
            cancelled, next_one = (asyncio.create_task(add_user(store, number)) for number in (2, 3))
            await asyncio.sleep(0)
            raise ZeroDivisionError
    cancelled.cancel()
    async with asyncio.timeout(60):
        await next_one
    assert await user_names(store) == {"user3"}


async def test_a_commit_that_fails_fails_for_all_of_its_group(store: Storage, path: Path) -> None:
    with files_no_larger_than(path.with_name("masugata.db-wal").stat().st_size):
        results = await asyncio.gather(
            *(add_user(store, number) for number in range(5)), return_exceptions=True
        )
    assert [type(result) for result in results] == [StorageUnwritable] * 5
    await add_user(store, 9)
    assert await user_names(store) == {"user9"}


async def test_a_statement_that_loses_the_group_fails_all_of_it(store: Storage, path: Path) -> None:
    """A large transaction spills to the disk before its COMMIT; if that fails, SQLite forgets the whole."""

    async def spill() -> None:
        async with store.transaction("acme") as tx:
            for number in range(60):
                await tx.interactions.add(
                    replace(INTERACTION, id=f"i{number}", request={"x": "x" * 1_000_000})
                )

    with files_no_larger_than(path.with_name("masugata.db-wal").stat().st_size + 4096):
        async with asyncio.timeout(60):
            results = await asyncio.gather(add_user(store, 1), spill(), return_exceptions=True)
    assert [type(result) for result in results] == [
        StorageError,
        StorageUnwritable,
    ]  # the second met the disk
    await add_user(store, 9)
    assert await user_names(store) == {"user9"}
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i0", NOW) is None


async def test_whoever_was_done_before_close_is_on_the_disk(path: Path) -> None:
    store = await storage.open(f"sqlite:{path}")
    await store.migrate()
    task = asyncio.create_task(add_user(store, 1))
    await asyncio.sleep(0)
    await store.close()
    await task
    again = await storage.open(f"sqlite:{path}")
    assert await user_names(again) == {"user1"}
    await again.close()
