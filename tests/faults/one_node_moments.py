"""When kill -9 comes, and whom it hits; each returns after how many seconds all of it served again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.faults.one_node_desk import Desk
from tests.faults.one_node_server import WORKERS, Node
from tests.server import Server

Moment = Callable[[Node, Desk, random.Random], Awaitable[float]]
LONGEST = 0.4  # seconds: a start, a reload and a command take less on a quiet machine
WHOLE_SECONDS = 60.0


async def worker(node: Node, _: Desk, rng: random.Random) -> float:
    """The supervisor puts another in its place; the others serve meanwhile."""
    victim = rng.choice(node.workers)
    with suppress(ProcessLookupError):  # one of an older generation may just have ended
        os.kill(victim, signal.SIGKILL)
    return await _whole(node, {victim})


async def everything(node: Node, _: Desk, rng: random.Random) -> float:
    """As a power cut: supervisor and workers."""
    await asyncio.to_thread(node.kill_all)
    return await _start(node)


async def supervisor(node: Node, _: Desk, rng: random.Random) -> float:
    """Its workers are left alone: they end what they are doing, and then themselves."""
    await asyncio.to_thread(node.kill_supervisor)
    return await _start(node)


async def start(node: Node, _: Desk, rng: random.Random) -> float:
    """Twice: while it serves, and while it starts."""
    await asyncio.to_thread(node.kill_all)
    await asyncio.to_thread(node.begin)
    await asyncio.sleep(rng.uniform(0, LONGEST))
    await asyncio.to_thread(node.kill_all)
    return await _start(node)


async def reload(node: Node, _: Desk, rng: random.Random) -> float:
    """While the new one is prepared, or two generations of workers are there: one process of all, or everything."""
    node.signal_reload()
    await asyncio.sleep(rng.uniform(0, LONGEST))
    if rng.random() < 0.5:
        await asyncio.to_thread(node.kill_all)
        return await _start(node)
    victim = rng.choice(node.workers)
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    return await _whole(node, {victim})  # which generation serves then, each is whole


async def rotation(node: Node, desk: Desk, rng: random.Random) -> float:
    """While a key is turned: the command and everything else."""
    turning = asyncio.ensure_future(desk.rotate())
    await asyncio.sleep(rng.uniform(0, LONGEST))
    desk.kill()
    await asyncio.to_thread(node.kill_all)
    await asyncio.gather(turning, return_exceptions=True)
    return await _start(node)


async def command(_: Node, desk: Desk, rng: random.Random) -> float:
    """A command that writes; the server goes on."""
    await asyncio.sleep(rng.uniform(0, LONGEST))
    until = time.monotonic() + WHOLE_SECONDS
    while not desk.kill():
        assert time.monotonic() < until, "the desk does nothing"
        await asyncio.sleep(0.005)
    return 0.0


async def migration(node: Node, _: Desk, rng: random.Random) -> float:
    """While a database is made beside it: what is half done is undone, and the next try completes it."""
    other = Server(node.folder / "migrated" / str(rng.getrandbits(64)))
    other.write()
    running = await asyncio.to_thread(
        other.command, "storage", "migrate", streams=(Path(os.devnull), *[other.folder / "said"] * 2)
    )
    await asyncio.sleep(rng.uniform(0, LONGEST))
    with suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGKILL)
    await asyncio.to_thread(running.wait, WHOLE_SECONDS)
    began = time.monotonic()
    await asyncio.to_thread(other.cli, "storage", "migrate")
    took = time.monotonic() - began
    assert "up to date" in await asyncio.to_thread(other.cli, "storage", "status")
    file = sqlite3.connect(other.folder / "var" / "masugata.db")
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    file.close()
    return took


# How often each comes in a hundred.
MOMENTS: Final[Mapping[str, tuple[Moment, int]]] = {
    "worker": (worker, 25),
    "everything": (everything, 25),
    "supervisor": (supervisor, 8),
    "start": (start, 10),
    "reload": (reload, 10),
    "rotation": (rotation, 6),
    "command": (command, 10),
    "migration": (migration, 6),
}


async def _start(node: Node) -> float:
    began = time.monotonic()
    await asyncio.to_thread(node.begin)
    await asyncio.to_thread(node.started)
    return time.monotonic() - began


async def _whole(node: Node, victims: set[int]) -> float:
    """Until all workers are there, and none of the victims."""
    began = time.monotonic()
    while victims & set(workers := node.workers) or len(workers) < WORKERS or not node.is_ready():
        assert time.monotonic() - began < WHOLE_SECONDS, f"{workers} serve, {victims} were killed"
        await asyncio.sleep(0.01)
    return time.monotonic() - began
