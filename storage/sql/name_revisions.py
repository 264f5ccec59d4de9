"""How often a service was given a new name for a user."""

from __future__ import annotations

from storage.sql.connection import Connection

ADD = """
INSERT INTO name_revisions (tenant, user_id, service, revision, changed_at)
VALUES (:tenant, :user_id, :service, 0, :now)
ON CONFLICT (tenant, user_id, service) DO NOTHING"""
FIND = """
SELECT revision FROM name_revisions
WHERE tenant = :tenant AND user_id = :user_id AND service = :service"""
ADVANCE = """
INSERT INTO name_revisions (tenant, user_id, service, revision, changed_at)
VALUES (:tenant, :user_id, :service, 1, :now)
ON CONFLICT (tenant, user_id, service)
DO UPDATE SET revision = name_revisions.revision + 1, changed_at = excluded.changed_at
RETURNING revision"""


class SQLNameRevisions:
    """`storage.certified.NameRevisions`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, user_id: str, service: str, now: int) -> None:
        await self._connection.write(ADD, user_id=user_id, service=service, now=now)

    async def find(self, user_id: str, service: str) -> int | None:
        rows = await self._connection.query(FIND, user_id=user_id, service=service)
        return int(rows[0][0]) if rows else None

    async def advance(self, user_id: str, service: str, now: int) -> int:
        rows = await self._connection.query(ADVANCE, user_id=user_id, service=service, now=now)
        return int(rows[0][0])
