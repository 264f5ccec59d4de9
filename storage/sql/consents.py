"""What users agreed to share, one row for each service."""

from __future__ import annotations

from collections.abc import Sequence

from storage.authorization import Consent
from storage.sql.columns import dump, dump_names, load, load_names
from storage.sql.connection import Connection, Row

COLUMNS = "user_id, service, scope, given_at, names"
REPLACE = f"""
INSERT INTO consents (tenant, {COLUMNS}) VALUES (:tenant, :user_id, :service, :scope, :given_at, :names)
ON CONFLICT (tenant, user_id, service) DO UPDATE SET scope = excluded.scope, given_at = excluded.given_at,
    names = excluded.names"""
FIND = f"""
SELECT {COLUMNS} FROM consents WHERE tenant = :tenant AND user_id = :user_id AND service = :service"""
LIST = f"SELECT {COLUMNS} FROM consents WHERE tenant = :tenant AND user_id = :user_id ORDER BY service"
DELETE = """
DELETE FROM consents WHERE tenant = :tenant AND user_id = :user_id AND service = :service RETURNING 1"""


class SQLConsents:
    """`storage.contract.Consents`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, consent: Consent) -> None:
        await self._connection.write(
            REPLACE,
            user_id=consent.user_id,
            service=consent.service,
            scope=dump_names(consent.scope),
            given_at=consent.given_at,
            names=dump(consent.names),
        )

    async def find(self, user_id: str, service: str) -> Consent | None:
        rows = await self._connection.query(FIND, user_id=user_id, service=service)
        return _consent(rows[0]) if rows else None

    async def list(self, user_id: str) -> Sequence[Consent]:
        return [_consent(row) for row in await self._connection.query(LIST, user_id=user_id)]

    async def delete(self, user_id: str, service: str) -> bool:
        return bool(await self._connection.query(DELETE, user_id=user_id, service=service))


def _consent(row: Row) -> Consent:
    user_id, service, scope, given_at, names = row
    return Consent(user_id, service, load_names(scope), given_at, load(names))
