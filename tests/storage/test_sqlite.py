"""What SQLite adds to the contract: a file that several processes share, and that survives them."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

import storage
from storage import Storage, StorageError, StorageTimeout, group_commit
from tests.storage.embedded import path, store
from tests.storage.examples import USER, add_user, user_names
from tests.storage.pause import turns_during

__all__ = ["path", "store"]

ROOT = Path(__file__).parents[2]


async def start(path: Path, prefix: str, count: int) -> Process:
    module = ("-m", "tests.storage.writer", f"sqlite:{path}", prefix, str(count))
    return await asyncio.create_subprocess_exec(sys.executable, *module, cwd=ROOT, stdout=PIPE)


async def test_only_the_owner_reads_the_file_and_its_log(store: Storage, path: Path) -> None:
    await add_user(store, 1)
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


async def test_another_process_writes_the_loop_goes_on_and_so_do_readers(store: Storage, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(add_user(store, 1))
    await asyncio.sleep(0.05)
    assert await user_names(store) == set()
    assert not task.done()
    asyncio.get_running_loop().call_later(1, other.execute, "COMMIT")
    assert await turns_during(task) > 20
    assert await user_names(store) == {"user1"}
    other.close()


async def test_another_process_that_never_ends_is_a_timeout_for_each(
    store: Storage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(*(add_user(store, number) for number in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StorageTimeout] * 3
    other.execute("COMMIT")
    other.close()
    await add_user(store, 9)
    assert await user_names(store) == {"user9"}


async def test_kill_9_loses_nothing_that_was_acknowledged(store: Storage, path: Path) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged."""
    writer = await start(path, "w", 1_000_000)
    assert writer.stdout
    acknowledged = [await writer.stdout.readline() for _ in range(50)]
    writer.kill()
    acknowledged += (await writer.stdout.read()).splitlines(keepends=True)
    await writer.wait()
    said = {line.decode().strip() for line in acknowledged if line.endswith(b"\n")}
    assert said <= await user_names(store)
    assert len(await user_names(store)) <= len(said) + 1
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    async with store.transaction("acme") as tx:  # nobody is kept out by the dead
        await tx.users.add(USER)


async def test_several_processes_that_write_without_pause_all_get_their_turn(
    store: Storage, path: Path
) -> None:
    writers = await asyncio.gather(*(start(path, prefix, 200) for prefix in "abc"))
    await asyncio.gather(*(add_user(store, number) for number in range(50)))
    outputs = await asyncio.gather(*(writer.communicate() for writer in writers))
    assert [len(output.splitlines()) for output, _ in outputs] == [200] * 3
    assert len(await user_names(store)) == 650
