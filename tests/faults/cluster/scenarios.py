"""What is done to the cluster while people come and go, and how long it takes until they do again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg2

from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.node import Node
from tests.postgres import ROLE
from tests.server import eventually

RECOVERED_SECONDS = 90
AHEAD_SECONDS = 200
OUTVOTED_SECONDS = (
    180  # it looks after a second and then twice a minute, and the others must have said what they show
)
BREATH_SECONDS = 0.5  # between one fault and the next

END_OURS = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'"

Injury = Callable[[Cluster], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario; times in seconds."""

    name: str
    recovery: float  # from the end of the fault to a whole operation at every door
    silence: float  # the longest time without any operation, from its begin
    answered: int
    failures: Counter[str]


async def suffer(cluster: Cluster, name: str, injure: Injury) -> Outcome:
    """Do it, and wait until all doors work again. The load must be running."""
    meter = cluster.load.meter
    began = time.monotonic()
    await injure(cluster)
    over = time.monotonic()
    await eventually(lambda: meter.recovered(over) is not None, RECOVERED_SECONDS)
    recovery = meter.recovered(over)
    assert recovery is not None
    kinds = meter.kinds(began)
    answered = kinds.pop("ok", 0)
    outcome = Outcome(name, recovery, meter.silence(began, time.monotonic()), answered, kinds)
    await asyncio.sleep(BREATH_SECONDS)
    return outcome


def health(node: Node) -> dict[str, Any]:
    return node.health()[1]


async def rolling_restart(cluster: Cluster) -> None:
    """SIGTERM to one after the other; each is back before the next one goes."""
    for node in cluster.nodes:
        node.begin_to_stop()
        await cluster.until_away(node)
        await eventually(node.has_ended)
        assert await asyncio.to_thread(node.stop) == 0
        await asyncio.to_thread(node.launch)
        await cluster.until_ready(node)


async def new_configuration(cluster: Cluster) -> None:
    """A revision is applied at one node and comes into force at all."""
    first = cluster.nodes[0]
    first.tenant.settings["display_name"] = {"en": f"Name {time.monotonic_ns()}"}
    first.configuration.write(first.config)
    await asyncio.to_thread(first.cli, "config", "apply", "--why", "a new name")
    revisions: set[Any] = set()
    async with asyncio.timeout(60):
        while len(revisions) != 1 or None in revisions:
            revisions = {(await asyncio.to_thread(health, node))["revision"] for node in cluster.nodes}
            await asyncio.sleep(0.05)


async def key_rotation(cluster: Cluster) -> None:
    """Twice: the announced key signs, and the one that is announced then. Services that read keys lately know both."""
    await asyncio.to_thread(cluster.nodes[-1].cli, "key", "rotate", "--force")


async def worker_killed(cluster: Cluster) -> None:
    os.kill(cluster.nodes[0].pids[1], signal.SIGKILL)


async def node_killed(cluster: Cluster) -> None:
    """-9 to the supervisor and its worker at once; the node comes back later, while others serve."""
    node = cluster.nodes[0]
    await asyncio.to_thread(node.stop, kill=True)
    await cluster.until_away(node)
    await asyncio.to_thread(node.launch)
    await cluster.until_ready(node)


async def database_restarted(cluster: Cluster) -> None:
    """In good order: connections are ended, nothing is lost."""
    await asyncio.to_thread(cluster.primary.stop, "fast")
    await asyncio.to_thread(cluster.primary.start)


async def database_crashed(cluster: Cluster) -> None:
    """Killed, and started again: it recovers from its log."""
    await asyncio.to_thread(cluster.primary.stop, "immediate")
    await asyncio.to_thread(cluster.primary.start)


async def tables_locked(cluster: Cluster) -> None:
    """Somebody's transaction holds a table that every login writes, longer than we wait for locks: pools run dry."""
    connection = await asyncio.to_thread(cluster.primary.connect)
    try:
        cursor = connection.cursor()
        await asyncio.to_thread(cursor.execute, "BEGIN; LOCK TABLE interactions IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(5)
    finally:
        connection.close()


async def connections_taken(cluster: Cluster) -> None:
    """Ours are ended again and again, and somebody else takes all there are before we can open new ones."""
    taken: list[Any] = []

    def take() -> None:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            try:
                taken.append(cluster.primary.connect())
            except psycopg2.OperationalError:  # no more are to be had, which is what is wanted
                taken[0].cursor().execute(END_OURS)

    await asyncio.to_thread(take)
    for connection in taken:
        connection.close()


async def one_node_cut_off(cluster: Cluster) -> None:
    """What one node sends to the database vanishes, until its connections break and new ones lead there again."""
    node, wires = cluster.nodes[0], cluster.wires[0]
    for wire in wires:
        wire.swallow()
    await cluster.until_away(node)
    for wire in wires:
        wire.mend()
        wire.reset()
    await cluster.until_ready(node)


async def all_nodes_cut_off(cluster: Cluster) -> None:
    """The same for all nodes at once, for longer than they wait; then everything arrives late."""
    wires = [wire for pair in cluster.wires for wire in pair]
    for wire in wires:
        wire.swallow()
    await asyncio.sleep(12)
    for wire in wires:
        wire.mend()


async def standby_away(cluster: Cluster) -> None:
    """The primary answers, and acknowledges nothing. Each node says so, and none is taken out of service for it:
    the others could do no better.
    """

    async def until(state: str) -> None:
        async with asyncio.timeout(RECOVERED_SECONDS):
            for node in cluster.nodes:
                told: tuple[str, bool] = "", False
                while told != (state, state != "ok"):
                    await asyncio.sleep(0.1)
                    status, said = await asyncio.to_thread(node.health)
                    told = said["parts"]["storage"], "synchronous standby" in " ".join(said["notices"])
                    assert (status, said["status"]) == (200, "ready"), said

    await until("ok")
    await asyncio.to_thread(cluster.standby.stop, "fast")
    await until("failed")
    assert "\nstorage failed" in await asyncio.to_thread(cluster.nodes[0].cli, "health")
    await asyncio.to_thread(cluster.standby.start)
    await until("ok")


async def primary_lost(cluster: Cluster) -> None:
    """It dies, and the standby takes its place: what was acknowledged is there, for it was written in both."""
    await asyncio.to_thread(cluster.primary.stop, "immediate")
    await asyncio.to_thread(cluster.standby.promote)


async def long_snapshot(cluster: Cluster) -> None:
    """Somebody reads all tables as they were, for a while, as a backup does."""
    connection = await asyncio.to_thread(cluster.primary.connect)
    try:
        cursor = connection.cursor()
        cursor.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM audit; SELECT count(*) FROM users"
        )
        await asyncio.sleep(5)
    finally:
        connection.close()


async def clock_astray(cluster: Cluster) -> list[str]:
    """What a node says whose clock is ahead, once it is out of service by itself, and the others are not.

    The load must not be running, for it would be right to complain of the moment before.
    """
    *others, node = cluster.nodes
    await asyncio.to_thread(node.stop, kill=True)
    node.settable_clock()
    node.advance(AHEAD_SECONDS)
    node.begin()  # it may be out before anybody has seen that it was ready
    said: dict[str, Any] = {}
    async with asyncio.timeout(OUTVOTED_SECONDS):
        while said.get("status") != "unavailable" or said["storage"] != "ok":
            await asyncio.sleep(0.1)
            with suppress(OSError):  # it has only begun
                said = await asyncio.to_thread(health, node)
    await cluster.until_away(node)
    await cluster.until_ready(*others)
    notices: list[str] = said["notices"]
    return notices


PEACEFUL = (
    "rolling restart",
    "a new revision",
    "signing keys rotated",
    "a long snapshot",
)  # nobody may notice
# In this order: after the last one the primary is another.
SCENARIOS: dict[str, Injury] = {
    "rolling restart": rolling_restart,
    "a new revision": new_configuration,
    "signing keys rotated": key_rotation,
    "a long snapshot": long_snapshot,
    "a worker killed": worker_killed,
    "a node killed": node_killed,
    "database restarted": database_restarted,
    "database crashed": database_crashed,
    "a table locked": tables_locked,
    "all connections taken": connections_taken,
    "one node cut off": one_node_cut_off,
    "all nodes cut off": all_nodes_cut_off,
    "standby away": standby_away,
    "primary lost": primary_lost,
}
