"""Deliveries: claimed by one node at a time."""

from __future__ import annotations

from collections.abc import Sequence

from storage.deliveries import Delivery, Undelivered
from storage.sql.connection import Connection

NAMES = (
    "id",
    "door",
    "service",
    "user_id",
    "sid",
    "created_at",
    "due_at",
    "attempts",
    "failure",
    "client_id",
)
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO deliveries (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
LIST = f"SELECT {COLUMNS} FROM deliveries WHERE tenant = :tenant ORDER BY due_at, id LIMIT :limit"
LIST_AT = f"SELECT {COLUMNS} FROM deliveries WHERE tenant = :tenant AND sid = :sid ORDER BY due_at, id"
# The outer condition on due_at is asked again once a lock is had: who waited for another node finds nothing.
CLAIM = f"""
UPDATE deliveries SET due_at = :until, attempts = attempts + 1
WHERE tenant = :tenant AND due_at <= :now AND id = (
    SELECT id FROM deliveries WHERE tenant = :tenant AND due_at <= :now ORDER BY due_at, id LIMIT 1
)
RETURNING {COLUMNS}"""
POSTPONE = """
UPDATE deliveries SET due_at = :due_at, failure = :failure WHERE tenant = :tenant AND id = :id"""
BACKLOG = "SELECT count(*), min(created_at) FROM deliveries WHERE tenant = :tenant"
DELETE = "DELETE FROM deliveries WHERE tenant = :tenant AND id = :id RETURNING 1"


class SQLDeliveries:
    """`storage.deliveries.Deliveries`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, delivery: Delivery) -> None:
        await self._connection.write(ADD, **{name: getattr(delivery, name) for name in NAMES})

    async def list(self, limit: int = 100) -> Sequence[Delivery]:
        return [Delivery(*row) for row in await self._connection.query(LIST, limit=limit)]

    async def list_at(self, sid: str) -> Sequence[Delivery]:
        return [Delivery(*row) for row in await self._connection.query(LIST_AT, sid=sid)]

    async def claim(self, now: int, until: int) -> Delivery | None:
        rows = await self._connection.query(CLAIM, now=now, until=until)
        return Delivery(*rows[0]) if rows else None

    async def postpone(self, delivery_id: str, due_at: int, failure: str) -> None:
        await self._connection.write(POSTPONE, id=delivery_id, due_at=due_at, failure=failure)

    async def delete(self, delivery_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=delivery_id))

    async def backlog(self) -> Undelivered:
        return Undelivered(*(await self._connection.query(BACKLOG))[0])
