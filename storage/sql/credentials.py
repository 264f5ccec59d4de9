"""Credentials of users, sealed."""

from __future__ import annotations

from collections.abc import Sequence

from storage.contract import Duplicate
from storage.records import Credential
from storage.sql.connection import Connection, Row, Value

COLUMNS = "id, user_id, authenticator, sealed, created_at, changed_at, last_used_at, counter, drift, name"
ADD = f"""
INSERT INTO credentials (tenant, {COLUMNS})
VALUES (:tenant, :id, :user_id, :authenticator, :sealed, :created_at, :changed_at, :last_used_at, :counter,
    :drift, :name)
ON CONFLICT DO NOTHING"""
# Users have few of them: to put them in order takes longer in a database than here.
LIST = f"""
SELECT {COLUMNS} FROM credentials WHERE tenant = :tenant AND user_id = :user_id"""
LIST_OF = f"""
SELECT {COLUMNS} FROM credentials
WHERE tenant = :tenant AND user_id = :user_id AND authenticator = :authenticator"""
OWNER = "SELECT min(user_id) FROM credentials WHERE tenant = :tenant AND authenticator = :authenticator"
LIST_NEAR = f"""
SELECT {COLUMNS} FROM credentials
WHERE tenant = :tenant AND authenticator = :authenticator
    AND user_id = coalesce(({OWNER} AND user_id > :after), ({OWNER}))"""
# An update that changes nothing holds the rows, in both databases; what another deleted meanwhile does not come.
LOCK = f"""
UPDATE credentials SET name = name
WHERE tenant = :tenant AND user_id = :user_id AND authenticator = :authenticator RETURNING {COLUMNS}"""
REPLACE = """
UPDATE credentials SET user_id = :user_id, authenticator = :authenticator, sealed = :sealed,
    created_at = :created_at, changed_at = :changed_at, last_used_at = :last_used_at, counter = :counter,
    drift = :drift, name = :name
WHERE tenant = :tenant AND id = :id"""
# What counts its uses keeps the count: it may move while this is made.
RESEAL = """
UPDATE credentials SET sealed = :sealed, changed_at = :changed_at
WHERE tenant = :tenant AND id = :id"""
# RFC 6238 §5.2: the condition and the change are one statement, so that of many only one accepts a step.
ADVANCE = """
UPDATE credentials SET counter = :counter, drift = :drift, last_used_at = :now
WHERE tenant = :tenant AND id = :id AND counter < :counter"""
RENAME = "UPDATE credentials SET name = :name WHERE tenant = :tenant AND id = :id"
TOUCH = "UPDATE credentials SET last_used_at = :now WHERE tenant = :tenant AND id = :id"
DELETE = """
DELETE FROM credentials
WHERE tenant = :tenant AND user_id = :user_id AND authenticator = :authenticator"""
DELETE_ONE = "DELETE FROM credentials WHERE tenant = :tenant AND id = :id"


class SQLCredentials:
    """`storage.contract.Credentials`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, credential: Credential) -> None:
        if not await self._connection.count(ADD, **_values(credential)):
            raise Duplicate(f"credential {credential.id} exists")

    async def list(self, user_id: str, authenticator: str | None = None) -> Sequence[Credential]:
        if authenticator is None:
            rows = await self._connection.query(LIST, user_id=user_id)
        else:
            rows = await self._connection.query(LIST_OF, user_id=user_id, authenticator=authenticator)
        return _in_order(rows)

    async def list_near(self, authenticator: str, after: str) -> Sequence[Credential]:
        rows = await self._connection.query(LIST_NEAR, authenticator=authenticator, after=after)
        return _in_order(rows)

    async def lock(self, user_id: str, authenticator: str) -> Sequence[Credential]:
        rows = await self._connection.query(LOCK, user_id=user_id, authenticator=authenticator)
        return _in_order(rows)

    async def replace(self, credential: Credential) -> bool:
        return bool(await self._connection.count(REPLACE, **_values(credential)))

    async def reseal(self, credential: Credential) -> bool:
        return bool(
            await self._connection.count(
                RESEAL, id=credential.id, sealed=credential.sealed, changed_at=credential.changed_at
            )
        )

    async def rename(self, credential_id: str, name: str) -> bool:
        return bool(await self._connection.count(RENAME, id=credential_id, name=name))

    async def advance(self, credential_id: str, counter: int, drift: int, now: int) -> bool:
        return bool(
            await self._connection.count(ADVANCE, id=credential_id, counter=counter, drift=drift, now=now)
        )

    async def touch(self, credential_id: str, now: int) -> None:
        await self._connection.write(TOUCH, id=credential_id, now=now)

    async def delete(self, user_id: str, authenticator: str) -> int:
        return await self._connection.count(DELETE, user_id=user_id, authenticator=authenticator)

    async def delete_one(self, credential_id: str) -> bool:
        return bool(await self._connection.count(DELETE_ONE, id=credential_id))


def _in_order(rows: Sequence[Row]) -> list[Credential]:
    """Oldest first."""
    held = [Credential(*row) for row in rows]
    if len(held) > 1:
        held.sort(key=lambda each: (each.created_at, each.id))
    return held


def _values(credential: Credential) -> dict[str, Value]:
    return {
        "id": credential.id,
        "user_id": credential.user_id,
        "authenticator": credential.authenticator,
        "sealed": credential.sealed,
        "created_at": credential.created_at,
        "changed_at": credential.changed_at,
        "last_used_at": credential.last_used_at,
        "counter": credential.counter,
        "drift": credential.drift,
        "name": credential.name,
    }
