"""Identifiers that are good for one use, spent by inserting them."""

from __future__ import annotations

from storage.sql.connection import Connection

ADD = """
INSERT INTO spent_identifiers (tenant, digest, expires_at) VALUES (:tenant, :digest, :expires_at)
ON CONFLICT DO NOTHING RETURNING 1"""


class SQLSpentIdentifiers:
    """`storage.presented.SpentIdentifiers`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, digest: bytes, expires_at: int) -> bool:
        return bool(await self._connection.query(ADD, digest=digest, expires_at=expires_at))
