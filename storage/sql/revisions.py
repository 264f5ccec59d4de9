"""Revisions of the configuration."""

from __future__ import annotations

from collections.abc import Sequence

from storage.revisions import Revision
from storage.sql.connection import Connection

COLUMNS = "number, hash, created_at, author, reason, restores"
ADD = f"""
INSERT INTO revisions (tenant, {COLUMNS}, sealed)
VALUES (:tenant, :number, :hash, :created_at, :author, :reason, :restores, :sealed)
ON CONFLICT DO NOTHING RETURNING 1"""
NEWEST = "SELECT coalesce(max(number), 0) FROM revisions WHERE tenant = :tenant"
NUMBER_AT = """
SELECT coalesce(max(number), 0) FROM revisions WHERE tenant = :tenant AND created_at <= :at"""
FIND = f"SELECT {COLUMNS}, sealed FROM revisions WHERE tenant = :tenant AND number = :number"
LIST = f"SELECT {COLUMNS} FROM revisions WHERE tenant = :tenant ORDER BY number DESC LIMIT :limit"


class SQLRevisions:
    """`storage.revisions.Revisions`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, revision: Revision, sealed: bytes) -> bool:
        values = {name: getattr(revision, name) for name in COLUMNS.split(", ")}
        return bool(await self._connection.query(ADD, **values, sealed=sealed))

    async def newest(self) -> int:
        number: int = (await self._connection.query(NEWEST))[0][0]
        return number

    async def number_at(self, at: int) -> int:
        number: int = (await self._connection.query(NUMBER_AT, at=at))[0][0]
        return number

    async def find(self, number: int) -> tuple[Revision, bytes] | None:
        rows = await self._connection.query(FIND, number=number)
        return (Revision(*rows[0][:-1]), bytes(rows[0][-1])) if rows else None

    async def list(self, limit: int = 100) -> Sequence[Revision]:
        return [Revision(*row) for row in await self._connection.query(LIST, limit=limit)]
