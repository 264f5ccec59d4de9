"""Initial access tokens of registration, by their hash."""

from __future__ import annotations

from collections.abc import Sequence

from storage.registration import InitialToken
from storage.sql.connection import Connection

NAMES = ("id", "token_hash", "note", "uses_left", "created_at", "expires_at")
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO initial_tokens (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
LIVE = "tenant = :tenant AND token_hash = :token_hash AND uses_left > 0 AND expires_at > :now"
FIND = f"SELECT {COLUMNS} FROM initial_tokens WHERE {LIVE}"
CONSUME = f"UPDATE initial_tokens SET uses_left = uses_left - 1 WHERE {LIVE} RETURNING 1"
LIST = f"""
SELECT {COLUMNS} FROM initial_tokens WHERE tenant = :tenant AND expires_at > :now ORDER BY created_at, id"""
DELETE = "DELETE FROM initial_tokens WHERE tenant = :tenant AND id = :id RETURNING 1"


class SQLInitialTokens:
    """`storage.registration.InitialTokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: InitialToken) -> None:
        await self._connection.write(
            ADD,
            id=token.id,
            token_hash=token.token_hash,
            note=token.note,
            uses_left=token.uses_left,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )

    async def find(self, token_hash: bytes, now: int) -> InitialToken | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        return InitialToken(*rows[0]) if rows else None

    async def consume(self, token_hash: bytes, now: int) -> bool:
        return bool(await self._connection.query(CONSUME, token_hash=token_hash, now=now))

    async def list(self, now: int) -> Sequence[InitialToken]:
        return [InitialToken(*row) for row in await self._connection.query(LIST, now=now)]

    async def delete(self, token_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=token_id))
