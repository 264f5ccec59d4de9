"""Requests within a window, counted in one statement."""

from __future__ import annotations

from storage.sql.connection import Connection

ADD = """
INSERT INTO requests (tenant, subject, requests, expires_at) VALUES (:tenant, :subject, 1, :now + :seconds)
ON CONFLICT (tenant, subject) DO UPDATE SET
    requests = CASE WHEN requests.expires_at <= :now THEN 1 ELSE requests.requests + 1 END,
    expires_at = CASE WHEN requests.expires_at <= :now THEN :now + :seconds ELSE requests.expires_at END
RETURNING requests"""
FIND = "SELECT requests FROM requests WHERE tenant = :tenant AND subject = :subject AND expires_at > :now"


class SQLRequests:
    """`storage.requests.Requests`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, subject: str, seconds: int, now: int) -> int:
        rows = await self._connection.query(ADD, subject=subject, seconds=seconds, now=now)
        return int(rows[0][0])

    async def find(self, subject: str, now: int) -> int:
        rows = await self._connection.query(FIND, subject=subject, now=now)
        return int(rows[0][0]) if rows else 0
