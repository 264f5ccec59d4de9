"""Authorities for client certificates, at rest."""

from __future__ import annotations

from collections.abc import Sequence

from storage.certificates import AuthorityRecord
from storage.contract import Duplicate
from storage.sql.connection import Connection, Row

NAMES = ("id", "state", "sealed", "certificate", "created_at", "changed_at")
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO authorities (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT DO NOTHING RETURNING 1"""
LIST = f"SELECT {COLUMNS} FROM authorities WHERE tenant = :tenant ORDER BY created_at, id"
MOVE = """
UPDATE authorities SET state = :state, changed_at = :now WHERE tenant = :tenant AND id = :id RETURNING 1"""
DELETE_HELD = """
DELETE FROM credentials WHERE tenant = :tenant AND id IN (
    SELECT serial FROM issued_certificates WHERE tenant = :tenant AND authority = :id
)"""
DELETE_ISSUED = "DELETE FROM issued_certificates WHERE tenant = :tenant AND authority = :id"
DELETE = "DELETE FROM authorities WHERE tenant = :tenant AND id = :id RETURNING 1"


class SQLAuthorities:
    """`storage.certificates.Authorities`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, authority: AuthorityRecord) -> None:
        values = {name: getattr(authority, name) for name in NAMES}
        if not await self._connection.query(ADD, **values):
            raise Duplicate(f"authority {authority.id} exists")

    async def list(self) -> Sequence[AuthorityRecord]:
        return [_authority(row) for row in await self._connection.query(LIST)]

    async def move(self, authority_id: str, state: str, now: int) -> bool:
        return bool(await self._connection.query(MOVE, id=authority_id, state=state, now=now))

    async def delete(self, authority_id: str) -> bool:
        await self._connection.write(DELETE_HELD, id=authority_id)
        await self._connection.write(DELETE_ISSUED, id=authority_id)
        return bool(await self._connection.query(DELETE, id=authority_id))


def _authority(row: Row) -> AuthorityRecord:
    id_, state, sealed, certificate, created_at, changed_at = row
    return AuthorityRecord(id_, state, bytes(sealed), bytes(certificate), created_at, changed_at)
