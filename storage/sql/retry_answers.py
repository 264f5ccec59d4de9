"""What a refresh answered, kept for the retry of a client that never heard it."""

from __future__ import annotations

from storage.presented import RetryAnswer
from storage.sql.connection import Connection

NAMES = ("token_hash", "successor_hash", "sealed", "expires_at")
ADD = f"INSERT INTO retry_answers (tenant, {', '.join(NAMES)}) VALUES (:tenant, :{', :'.join(NAMES)})"
# The successor is looked at in the same statement: once it was used, its holder has heard the answer.
FIND = f"""
SELECT r.{", r.".join(NAMES)} FROM retry_answers r
JOIN tokens t ON t.tenant = r.tenant AND t.token_hash = r.successor_hash
WHERE r.tenant = :tenant AND r.token_hash = :token_hash AND r.expires_at > :now
    AND t.used_at IS NULL AND t.expires_at > :now"""


class SQLRetryAnswers:
    """`storage.presented.RetryAnswers`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, answer: RetryAnswer) -> None:
        await self._connection.write(
            ADD,
            token_hash=answer.token_hash,
            successor_hash=answer.successor_hash,
            sealed=answer.sealed,
            expires_at=answer.expires_at,
        )

    async def find(self, token_hash: bytes, now: int) -> RetryAnswer | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        return RetryAnswer(*rows[0]) if rows else None
