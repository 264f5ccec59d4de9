"""What the clocks of nodes show."""

from __future__ import annotations

from collections.abc import Sequence

from storage.nodes import NodeClock
from storage.sql.connection import Connection

REPLACE = """
INSERT INTO nodes (tenant, node, ahead_seconds, seen_at) VALUES (:tenant, :node, :ahead_seconds, :seen_at)
ON CONFLICT (tenant, node) DO UPDATE SET ahead_seconds = :ahead_seconds, seen_at = :seen_at"""
LIST = "SELECT node, ahead_seconds, seen_at FROM nodes WHERE tenant = :tenant ORDER BY node"
DELETE_SILENT = "DELETE FROM nodes WHERE tenant = :tenant AND seen_at NOT BETWEEN :since AND :until"


class SQLNodes:
    """`storage.nodes.Nodes`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, clock: NodeClock) -> None:
        await self._connection.write(
            REPLACE, node=clock.node, ahead_seconds=clock.ahead_seconds, seen_at=clock.seen_at
        )

    async def list(self) -> Sequence[NodeClock]:
        return [NodeClock(*row) for row in await self._connection.query(LIST)]

    async def delete_silent(self, since: int, until: int) -> int:
        return await self._connection.count(DELETE_SILENT, since=since, until=until)
