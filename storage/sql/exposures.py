"""Logins that could be seen, counted in one statement."""

from __future__ import annotations

from storage.sql.connection import Connection

ADD = """
INSERT INTO exposures (tenant, credential_id, since, logins, seen_at)
VALUES (:tenant, :credential_id, :since, 1, :now)
ON CONFLICT (tenant, credential_id) DO UPDATE SET
    logins = CASE WHEN exposures.since = :since THEN exposures.logins + 1 ELSE 1 END,
    since = :since, seen_at = :now
RETURNING logins"""
FIND = """
SELECT logins FROM exposures WHERE tenant = :tenant AND credential_id = :credential_id AND since = :since"""


class SQLExposures:
    """`storage.exposures.Exposures`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, credential_id: str, since: int, now: int) -> int:
        rows = await self._connection.query(ADD, credential_id=credential_id, since=since, now=now)
        return int(rows[0][0])

    async def find(self, credential_id: str, since: int) -> int:
        rows = await self._connection.query(FIND, credential_id=credential_id, since=since)
        return int(rows[0][0]) if rows else 0
