"""A whole cluster: two PostgreSQLs of which one follows the other, the nodes, and the wires between them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.cluster.balancer import Balancer
from tests.faults.cluster.load import Load
from tests.faults.cluster.node import Node, address_of
from tests.faults.cluster.postgres import Postgres
from tests.faults.cluster.wire import Wire
from tests.kept import migrate
from tests.people import Person
from tests.server import eventually


@dataclass(frozen=True)
class Cluster:
    """Everything that can be broken."""

    nodes: list[Node]
    primary: Postgres
    standby: Postgres
    wires: list[list[Wire]]  # of each node, to either server
    balancer: Balancer
    load: Load
    leavers: list[Person]  # who will be disabled

    @property
    def writer(self) -> Postgres:
        """The one that takes writes now."""
        return self.standby if self.standby.is_promoted else self.primary

    def ready(self, node: Node) -> bool:
        return self.balancer.is_ready(node.address)

    async def until_ready(self, *nodes: Node, seconds: float = 90) -> None:
        await eventually(lambda: all(map(self.ready, nodes or self.nodes)), seconds)

    async def until_away(self, node: Node, seconds: float = 90) -> None:
        await eventually(lambda: not self.ready(node), seconds)


@asynccontextmanager
async def running(
    folder: Path, count: int, people: int, holders: int, leavers: int
) -> AsyncIterator[Cluster]:
    """`count` nodes below `folder`, started, and so many people; of the first, some will be disabled."""
    async with AsyncExitStack() as opened:
        primary, standby = (
            Postgres(Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="masugata-postgres-"))))
            for _ in range(2)
        )
        opened.callback(primary.end)
        opened.callback(standby.end)
        await asyncio.to_thread(primary.initialise)
        await asyncio.to_thread(standby.follow, primary)
        wires = [[Wire(each.port) for each in (primary, standby)] for _ in range(count)]
        for wire in (each for pair in wires for each in pair):
            await wire.open()
            opened.push_async_callback(wire.close)
        nodes: list[Node] = []
        for number, pair in enumerate(wires):
            url = address_of([f"127.0.0.1:{wire.port}" for wire in pair])
            nodes.append(Node(folder / f"node{number}", number, url, nodes[0] if nodes else None))
        crowd, codes = nodes[0].add_crowd(people, holders)
        for node in nodes:
            opened.callback(_end, node)
        await migrate(nodes[0].storage)
        await asyncio.to_thread(nodes[0].start)  # it makes the people
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes[1:]))
        balancer = Balancer([node.address for node in nodes], nodes[0].port)
        await opened.enter_async_context(balancer.watching())
        load = Load(balancer, nodes[0].url, nodes[0].radius, crowd[leavers:], codes)
        yield Cluster(nodes, primary, standby, wires, balancer, load, crowd[:leavers])


def _end(node: Node) -> None:
    with suppress(ProcessLookupError):  # one that could not start has ended
        node.stop(kill=True)
