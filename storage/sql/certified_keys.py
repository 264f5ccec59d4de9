"""Keys with their certificates, at rest."""

from __future__ import annotations

from collections.abc import Sequence

from storage.certified import CertifiedKeyRecord
from storage.contract import Duplicate
from storage.sql.connection import Connection, Row

NAMES = ("kid", "purpose", "method", "state", "sealed", "certificate", "created_at", "changed_at")
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO certified_keys (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT DO NOTHING RETURNING 1"""
LIST = f"SELECT {COLUMNS} FROM certified_keys WHERE tenant = :tenant ORDER BY created_at, kid"
MOVE = """
UPDATE certified_keys SET state = :state, changed_at = :now
WHERE tenant = :tenant AND kid = :kid RETURNING 1"""
DELETE = "DELETE FROM certified_keys WHERE tenant = :tenant AND kid = :kid RETURNING 1"


class SQLCertifiedKeys:
    """`storage.certified.CertifiedKeys`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: CertifiedKeyRecord) -> None:
        values = {name: getattr(key, name) for name in NAMES}
        if not await self._connection.query(ADD, **values):
            raise Duplicate(f"key {key.kid} exists")

    async def list(self) -> Sequence[CertifiedKeyRecord]:
        return [_key(row) for row in await self._connection.query(LIST)]

    async def move(self, kid: str, state: str, now: int) -> bool:
        return bool(await self._connection.query(MOVE, kid=kid, state=state, now=now))

    async def delete(self, kid: str) -> bool:
        return bool(await self._connection.query(DELETE, kid=kid))


def _key(row: Row) -> CertifiedKeyRecord:
    kid, purpose, method, state, sealed, certificate, created_at, changed_at = row
    return CertifiedKeyRecord(
        kid, purpose, method, state, bytes(sealed), bytes(certificate), created_at, changed_at
    )
