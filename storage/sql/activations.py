"""One-time addresses that activate an authenticator, by their hash."""

from __future__ import annotations

from storage.hardware import Activation
from storage.sql.connection import Connection

NAMES = ("token_hash", "user_id", "authenticator", "uses_left", "created_at", "expires_at")
COLUMNS = ", ".join(NAMES)
DELETE = """
DELETE FROM activations
WHERE tenant = :tenant AND user_id = :user_id AND authenticator = :authenticator RETURNING 1"""
# Of two that issue at once the later one's counts.
ADD = f"""
INSERT INTO activations (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT (tenant, user_id, authenticator) DO UPDATE SET token_hash = excluded.token_hash,
    uses_left = excluded.uses_left, created_at = excluded.created_at, expires_at = excluded.expires_at"""
LIVE = "tenant = :tenant AND token_hash = :token_hash AND uses_left > 0 AND expires_at > :now"
FIND = f"SELECT {COLUMNS} FROM activations WHERE {LIVE}"
CONSUME = f"UPDATE activations SET uses_left = uses_left - 1 WHERE {LIVE} RETURNING uses_left"


class SQLActivations:
    """`storage.hardware.Activations`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, activation: Activation) -> bool:
        before = await self._connection.query(
            DELETE, user_id=activation.user_id, authenticator=activation.authenticator
        )
        await self._connection.write(ADD, **{name: getattr(activation, name) for name in NAMES})
        return bool(before)

    async def find(self, token_hash: bytes, now: int) -> Activation | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        return Activation(*rows[0]) if rows else None

    async def consume(self, token_hash: bytes, now: int) -> int | None:
        rows = await self._connection.query(CONSUME, token_hash=token_hash, now=now)
        return int(rows[0][0]) if rows else None
