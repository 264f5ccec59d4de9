"""Links that were mailed, by the hash of their secret."""

from __future__ import annotations

from storage.mails import ResetLink
from storage.sql.connection import Connection

NAMES = ("token_hash", "user_id", "created_at", "expires_at")
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO reset_links (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
LIVE = "tenant = :tenant AND token_hash = :token_hash AND expires_at > :now"
FIND = f"SELECT {COLUMNS} FROM reset_links WHERE {LIVE}"
CONSUME = f"DELETE FROM reset_links WHERE {LIVE} RETURNING {COLUMNS}"
DELETE_OF = "DELETE FROM reset_links WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"


class SQLResetLinks:
    """`storage.mails.ResetLinks`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, link: ResetLink) -> None:
        await self._connection.write(ADD, **{name: getattr(link, name) for name in NAMES})

    async def find(self, token_hash: bytes, now: int) -> ResetLink | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        return ResetLink(*rows[0]) if rows else None

    async def consume(self, token_hash: bytes, now: int) -> ResetLink | None:
        rows = await self._connection.query(CONSUME, token_hash=token_hash, now=now)
        return ResetLink(*rows[0]) if rows else None

    async def delete_of(self, user_id: str) -> int:
        return len(await self._connection.query(DELETE_OF, user_id=user_id))
