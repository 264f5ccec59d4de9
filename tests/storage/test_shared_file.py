"""Several processes share one SQLite file: whoever leaves takes nothing from those who stay."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path

import storage
from tests.storage.examples import USER, user

ROOT = Path(__file__).parents[2]
MAKERS = 4
FILES = 20
VISITOR = """
import asyncio, sys, storage
async def visit():
    opened = await storage.open(sys.argv[1])
    await opened.check()
    await opened.close()
asyncio.run(visit())
"""


async def test_a_process_that_closes_the_file_leaves_the_log_to_those_who_have_it_open(
    tmp_path: Path,
) -> None:
    """After a reload the old workers leave: if they took the log, what the new ones commit would be lost."""
    path = tmp_path / "masugata.db"
    first = await storage.open(f"sqlite:{path}")
    await first.migrate()
    await first.close()
    opened = await storage.open(f"sqlite:{path}")  # a file with a log: its locks are taken at once
    await opened.check()
    log = path.with_name(f"{path.name}-wal")
    inode = log.stat().st_ino
    for number in range(3):
        visitor = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VISITOR, f"sqlite:{path}", cwd=ROOT
        )
        assert await visitor.wait() == 0
        assert log.stat().st_ino == inode, "the log that we write is the one that others read"
        async with opened.transaction("acme") as tx:
            await tx.users.add(user(number + 10))
    other = await storage.open(f"sqlite:{path}")
    async with other.snapshot("acme") as tx:
        assert len(await tx.users.list()) == 3
    await other.close()
    assert log.exists(), "a second connection of one process takes nothing either"
    async with opened.transaction("acme") as tx:
        await tx.users.add(USER)
    await opened.close()


def make_together(folder: Path, barrier: Barrier) -> None:
    async def make(path: Path) -> None:
        opened = await storage.open(f"sqlite:{path}")
        await opened.migrate()
        await opened.close()

    for number in range(FILES):
        barrier.wait(30)
        asyncio.run(make(folder / f"{number}.db"))


def test_processes_that_make_a_new_file_at_once_all_open_it(tmp_path: Path) -> None:
    """As the workers of a first start do."""
    processes = multiprocessing.get_context("forkserver")
    barrier = processes.Barrier(MAKERS)
    makers = [processes.Process(target=make_together, args=(tmp_path, barrier)) for _ in range(MAKERS)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0] * MAKERS
