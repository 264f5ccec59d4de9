"""Signing keys at rest."""

from __future__ import annotations

from collections.abc import Sequence

from storage.contract import Duplicate
from storage.keyring import SigningKeyRecord
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row

COLUMNS = "kid, alg, state, sealed, public, created_at, changed_at"
ADD = f"""
INSERT INTO signing_keys (tenant, {COLUMNS})
VALUES (:tenant, :kid, :alg, :state, :sealed, :public, :created_at, :changed_at)
ON CONFLICT DO NOTHING RETURNING 1"""
LIST = f"SELECT {COLUMNS} FROM signing_keys WHERE tenant = :tenant ORDER BY created_at, kid"
MOVE = """
UPDATE signing_keys SET state = :state, changed_at = :now WHERE tenant = :tenant AND kid = :kid RETURNING 1"""
DELETE = "DELETE FROM signing_keys WHERE tenant = :tenant AND kid = :kid RETURNING 1"


class SQLSigningKeys:
    """`storage.contract.SigningKeys`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: SigningKeyRecord) -> None:
        added = await self._connection.query(
            ADD,
            kid=key.kid,
            alg=key.alg,
            state=key.state,
            sealed=key.sealed,
            public=dump(key.public),
            created_at=key.created_at,
            changed_at=key.changed_at,
        )
        if not added:
            raise Duplicate(f"signing key {key.kid} exists")

    async def list(self) -> Sequence[SigningKeyRecord]:
        return [_signing_key(row) for row in await self._connection.query(LIST)]

    async def move(self, kid: str, state: str, now: int) -> bool:
        return bool(await self._connection.query(MOVE, kid=kid, state=state, now=now))

    async def delete(self, kid: str) -> bool:
        return bool(await self._connection.query(DELETE, kid=kid))


def _signing_key(row: Row) -> SigningKeyRecord:
    kid, alg, state, sealed, public, created_at, changed_at = row
    return SigningKeyRecord(kid, alg, state, sealed, load(public), created_at, changed_at)
