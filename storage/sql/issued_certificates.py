"""Client certificates that were issued, until they end."""

from __future__ import annotations

from collections.abc import Sequence

from storage.certificates import IssuedCertificate
from storage.contract import Duplicate
from storage.sql.connection import Connection

NAMES = ("serial", "authority", "user_id", "issued_at", "ends_at", "revoked_at")
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO issued_certificates (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT DO NOTHING RETURNING 1"""
SELECT = f"SELECT {COLUMNS} FROM issued_certificates WHERE tenant = :tenant"
FIND = f"{SELECT} AND serial = :serial"
LIST = f"{SELECT} AND serial > :after ORDER BY serial LIMIT :limit"
LIST_OF = f"{SELECT} AND user_id = :user_id ORDER BY issued_at, serial"
LIST_REVOKED = f"""
{SELECT} AND authority = :authority AND revoked_at IS NOT NULL AND ends_at > :now ORDER BY serial"""
REVOKE_UNHELD = f"""
UPDATE issued_certificates SET revoked_at = :now
WHERE tenant = :tenant AND user_id = :user_id AND revoked_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM credentials c WHERE c.tenant = :tenant AND c.id = issued_certificates.serial
) RETURNING {COLUMNS}"""


class SQLIssuedCertificates:
    """`storage.certificates.IssuedCertificates`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, issued: IssuedCertificate) -> None:
        values = {name: getattr(issued, name) for name in NAMES}
        if not await self._connection.query(ADD, **values):
            raise Duplicate(f"certificate {issued.serial} exists")

    async def find(self, serial: str) -> IssuedCertificate | None:
        rows = await self._connection.query(FIND, serial=serial)
        return IssuedCertificate(*rows[0]) if rows else None

    async def list(self, after: str = "", limit: int = 100) -> Sequence[IssuedCertificate]:
        rows = await self._connection.query(LIST, after=after, limit=limit)
        return [IssuedCertificate(*row) for row in rows]

    async def list_of(self, user_id: str) -> Sequence[IssuedCertificate]:
        rows = await self._connection.query(LIST_OF, user_id=user_id)
        return [IssuedCertificate(*row) for row in rows]

    async def list_revoked(self, authority_id: str, now: int) -> Sequence[IssuedCertificate]:
        rows = await self._connection.query(LIST_REVOKED, authority=authority_id, now=now)
        return [IssuedCertificate(*row) for row in rows]

    async def revoke_unheld(self, user_id: str, now: int) -> Sequence[IssuedCertificate]:
        rows = await self._connection.query(REVOKE_UNHELD, user_id=user_id, now=now)
        return [IssuedCertificate(*row) for row in rows]
