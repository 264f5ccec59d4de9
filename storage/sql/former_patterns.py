"""Patterns that users had before, by their keyed hashes."""

from __future__ import annotations

from collections.abc import Sequence

from storage.patterns import FormerPattern
from storage.sql.connection import Connection

ADD = """
INSERT INTO former_patterns (tenant, user_id, pattern_hash, kept_at)
VALUES (:tenant, :user_id, :pattern_hash, :kept_at)
ON CONFLICT (tenant, user_id, pattern_hash) DO UPDATE SET kept_at = excluded.kept_at"""
NEWEST = "WHERE tenant = :tenant AND user_id = :user_id ORDER BY kept_at DESC, pattern_hash LIMIT :limit"
FORGET = f"""
DELETE FROM former_patterns WHERE tenant = :tenant AND user_id = :user_id
    AND pattern_hash NOT IN (SELECT pattern_hash FROM former_patterns {NEWEST})"""
LIST = f"SELECT user_id, pattern_hash, kept_at FROM former_patterns {NEWEST}"


class SQLFormerPatterns:
    """`storage.patterns.FormerPatterns`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, pattern: FormerPattern, keep: int) -> None:
        user_id = pattern.user_id
        await self._connection.write(
            ADD, user_id=user_id, pattern_hash=pattern.pattern_hash, kept_at=pattern.kept_at
        )
        await self._connection.write(FORGET, user_id=user_id, limit=keep)

    async def list(self, user_id: str, limit: int) -> Sequence[FormerPattern]:
        rows = await self._connection.query(LIST, user_id=user_id, limit=limit)
        return [FormerPattern(row[0], bytes(row[1]), row[2]) for row in rows]
