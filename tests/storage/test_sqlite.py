"""What SQLite adds to the contract: group commit on a file that several processes share."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import stat
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import storage
from storage import Storage, StorageError, StorageTimeout, group_commit
from storage.sqlite import SQLiteJournal
from tests.storage.examples import INTERACTION, NOW, USER, user

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "masugata.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Storage]:
    opened = await storage.open(f"sqlite:{path}")
    await opened.migrate()
    yield opened
    await opened.close()


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


async def add(store: Storage, number: int) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(user(number))


async def names(store: Storage) -> set[str]:
    async with store.snapshot("acme") as tx:
        return {u.username for u in await tx.users.list(limit=10_000)}


async def longest_pause(work: asyncio.Task[object]) -> float:
    """How long the event loop stood still, at most, while `work` was done (seconds)."""
    pause, before = 0.0, time.monotonic()
    while not work.done():
        await asyncio.sleep(0.001)
        pause, before = max(pause, time.monotonic() - before), time.monotonic()
    return pause


async def test_only_the_owner_reads_the_file_and_its_log(store: Storage, path: Path) -> None:
    await add(store, 1)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"masugata.db": 0o600, "masugata.db-wal": 0o600, "masugata.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("url", ["sqlite:", "sqlite::memory:"])
async def test_what_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="path of a file"):
        await storage.open(url)


async def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database" * 1000)
    with pytest.raises(StorageError, match=r"notes\.txt"):
        await storage.open(f"sqlite:{tmp_path}/notes.txt")


async def test_those_who_come_together_share_one_commit(store: Storage, commits: list[bool]) -> None:
    await asyncio.gather(*(add(store, number) for number in range(30)))
    assert commits == [True]
    assert len(await names(store)) == 30


async def test_a_commit_comes_however_many_wait(store: Storage, commits: list[bool]) -> None:
    await asyncio.gather(*(add(store, number) for number in range(group_commit.LARGEST_GROUP + 1)))
    assert commits == [True, True]


async def test_a_body_without_a_write_flushes_nothing(
    store: Storage, path: Path, commits: list[bool]
) -> None:
    log = path.with_name("masugata.db-wal")
    before = log.stat()
    async with store.transaction("acme") as tx:
        assert await tx.users.find("u1") is None
        assert await tx.interactions.consume("i1", NOW) is None
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

    await asyncio.gather(add(store, 1), read())
    assert events == ["read True", "durable", "told"]


async def test_a_slow_disk_does_not_stop_the_event_loop(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = SQLiteJournal.commit

    def slow(journal: SQLiteJournal) -> None:
        time.sleep(1)
        commit(journal)

    monkeypatch.setattr(SQLiteJournal, "commit", slow)
    assert await longest_pause(asyncio.create_task(add(store, 1))) < 0.5


async def test_another_process_writes_the_loop_goes_on_and_so_do_readers(store: Storage, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(add(store, 1))
    await asyncio.sleep(0.05)
    assert await names(store) == set()
    assert not task.done()
    asyncio.get_running_loop().call_later(1, other.execute, "COMMIT")
    assert await longest_pause(task) < 0.5
    assert await names(store) == {"user1"}
    other.close()


async def test_another_process_that_never_ends_is_a_timeout_for_each(
    store: Storage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(*(add(store, number) for number in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StorageTimeout] * 3
    other.execute("COMMIT")
    other.close()
    await add(store, 9)
    assert await names(store) == {"user9"}


async def test_a_body_that_never_ends_is_a_timeout_for_the_others(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.1)
    async with store.transaction("acme") as tx:
        await tx.users.add(user(1))
        with pytest.raises(StorageTimeout):
            await add(store, 2)
    await add(store, 3)
    assert await names(store) == {"user1", "user3"}


async def test_a_waiter_cancelled_in_the_moment_before_its_turn_is_passed_over(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(user(1))
        cancelled, next_one = (asyncio.create_task(add(store, number)) for number in (2, 3))
        await asyncio.sleep(0)
        cancelled.cancel()
    async with asyncio.timeout(1):
        await next_one
    assert await names(store) == {"user1", "user3"}


async def test_a_waiter_cancelled_in_the_moment_after_its_turn_came_passes_it_on(store: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction("acme") as tx:
            await tx.users.add(user(1))
            cancelled, next_one = (asyncio.create_task(add(store, number)) for number in (2, 3))
            await asyncio.sleep(0)
            raise ZeroDivisionError
    cancelled.cancel()
    async with asyncio.timeout(1):
        await next_one
    assert await names(store) == {"user3"}


async def test_a_commit_that_fails_fails_for_all_of_its_group(store: Storage, path: Path) -> None:
    with files_no_larger_than(path.with_name("masugata.db-wal").stat().st_size):
        results = await asyncio.gather(*(add(store, number) for number in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [StorageError] * 5
    await add(store, 9)
    assert await names(store) == {"user9"}


async def test_a_statement_that_loses_the_group_fails_all_of_it(store: Storage, path: Path) -> None:
    """A large transaction spills to the disk before its COMMIT; if that fails, SQLite forgets the whole."""

    async def spill() -> None:
        async with store.transaction("acme") as tx:
            for number in range(60):
                await tx.interactions.add(
                    replace(INTERACTION, id=f"i{number}", request={"x": "x" * 1_000_000})
                )

    with files_no_larger_than(path.with_name("masugata.db-wal").stat().st_size + 4096):
        async with asyncio.timeout(5):
            results = await asyncio.gather(add(store, 1), spill(), return_exceptions=True)
    assert [type(result) for result in results] == [StorageError] * 2
    await add(store, 9)
    assert await names(store) == {"user9"}
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i0", NOW) is None


async def test_whoever_was_done_before_close_is_on_the_disk(path: Path) -> None:
    store = await storage.open(f"sqlite:{path}")
    await store.migrate()
    task = asyncio.create_task(add(store, 1))
    await asyncio.sleep(0)
    await store.close()
    await task
    again = await storage.open(f"sqlite:{path}")
    assert await names(again) == {"user1"}
    await again.close()


async def start(path: Path, prefix: str, count: int) -> Process:
    module = ("-m", "tests.storage.writer", f"sqlite:{path}", prefix, str(count))
    return await asyncio.create_subprocess_exec(sys.executable, *module, cwd=ROOT, stdout=PIPE)


async def test_kill_9_loses_nothing_that_was_acknowledged(store: Storage, path: Path) -> None:
    """threats.md 31: kill -9 at any moment loses nothing that was acknowledged."""
    writer = await start(path, "w", 1_000_000)
    assert writer.stdout
    acknowledged = [await writer.stdout.readline() for _ in range(50)]
    writer.kill()
    acknowledged += (await writer.stdout.read()).splitlines(keepends=True)
    await writer.wait()
    said = {line.decode().strip() for line in acknowledged if line.endswith(b"\n")}
    assert said <= await names(store)
    assert len(await names(store)) <= len(said) + 1
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    async with store.transaction("acme") as tx:  # nobody is kept out by the dead
        await tx.users.add(USER)


async def test_several_processes_that_write_without_pause_all_get_their_turn(
    store: Storage, path: Path
) -> None:
    writers = await asyncio.gather(*(start(path, prefix, 200) for prefix in "abc"))
    await asyncio.gather(*(add(store, number) for number in range(50)))
    outputs = await asyncio.gather(*(writer.communicate() for writer in writers))
    assert [len(output.splitlines()) for output, _ in outputs] == [200] * 3
    assert len(await names(store)) == 650
