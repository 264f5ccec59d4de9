"""Keys from which identifiers are derived, one for each purpose."""

from __future__ import annotations

from storage.sql.connection import Connection

ADD = """
INSERT INTO derivation_keys (tenant, purpose, sealed, created_at) VALUES (:tenant, :purpose, :sealed, :now)
ON CONFLICT DO NOTHING"""
FIND = "SELECT sealed FROM derivation_keys WHERE tenant = :tenant AND purpose = :purpose"


class SQLDerivationKeys:
    """`storage.keyring.DerivationKeys`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, purpose: str) -> bytes | None:
        rows = await self._connection.query(FIND, purpose=purpose)
        return bytes(rows[0][0]) if rows else None

    async def find_or_add(self, purpose: str, sealed: bytes, now: int) -> bytes:
        await self._connection.query(f"{ADD} RETURNING 1", purpose=purpose, sealed=sealed, now=now)
        return bytes((await self._connection.query(FIND, purpose=purpose))[0][0])
