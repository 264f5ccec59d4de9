"""Users by id and by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storage.contract import Duplicate, Model
from storage.records import LOCAL_DOMAIN, User
from storage.sql.columns import dump_names, load
from storage.sql.connection import Connection, Row, Value
from storage.sql.person_keys import SQLPersonKeys

COLUMNS = "id, username, created_at, domain, display_name, email, groups, attributes, disabled_at, changed_at"
# DO NOTHING instead of an error: the transaction can go on after `Duplicate`, on PostgreSQL too.
ADD = f"""
INSERT INTO users (tenant, {COLUMNS})
VALUES (:tenant, :id, :username, :created_at, :domain, :display_name, :email, :groups, :attributes,
    :disabled_at, :changed_at)
ON CONFLICT DO NOTHING RETURNING 1"""
# With the key under which records speak of him: what he does is written down in the same transaction.
FOUND = f"""
SELECT {", ".join(f"u.{name}" for name in COLUMNS.split(", "))}, k.owner, k.secret FROM users u
LEFT JOIN person_keys k ON k.tenant = :tenant AND k.owner = u.id
WHERE u.tenant = :tenant"""
FIND = f"{FOUND} AND u.id = :id"
FIND_BY_NAME = f"{FOUND} AND u.username = :username AND u.domain = :domain"
# An update that changes nothing holds the row, in both databases; what is then read of his is not changed meanwhile.
LOCK = f"UPDATE users SET changed_at = changed_at WHERE tenant = :tenant AND id = :id RETURNING {COLUMNS}"
LIST_BY_EMAIL = f"""
SELECT {COLUMNS} FROM users WHERE tenant = :tenant AND lower(email) = lower(:email)
ORDER BY username, domain LIMIT :limit"""
LIST = f"""
SELECT {COLUMNS} FROM users WHERE tenant = :tenant AND (username, domain) > (:username, :domain)
ORDER BY username, domain LIMIT :limit"""
LIST_MODELS = """
SELECT groups, attributes FROM users WHERE tenant = :tenant AND id > :after AND disabled_at IS NULL
ORDER BY id LIMIT :limit"""
REPLACE = """
UPDATE users SET username = :username, created_at = :created_at, domain = :domain,
    display_name = :display_name, email = :email, groups = :groups, attributes = :attributes,
    disabled_at = :disabled_at, changed_at = :changed_at
WHERE tenant = :tenant AND id = :id RETURNING 1"""
DELETE = "DELETE FROM users WHERE tenant = :tenant AND id = :id RETURNING 1"


class SQLUsers:
    """`storage.contract.Users`."""

    __slots__ = ("_connection", "_keys")

    def __init__(self, connection: Connection, keys: SQLPersonKeys) -> None:
        self._connection = connection
        self._keys = keys

    async def add(self, user: User) -> None:
        if not await self._connection.query(ADD, **_values(user)):
            raise Duplicate(f"user {user.username!r} exists in domain {user.domain!r}")

    async def find(self, user_id: str) -> User | None:
        return self._found(await self._connection.query(FIND, id=user_id))

    async def lock(self, user_id: str) -> User | None:
        rows = await self._connection.query(LOCK, id=user_id)
        return _user(rows[0]) if rows else None

    async def find_by_name(self, username: str, domain: str = LOCAL_DOMAIN) -> User | None:
        return self._found(await self._connection.query(FIND_BY_NAME, username=username, domain=domain))

    async def list_by_email(self, email: str, limit: int = 100) -> Sequence[User]:
        rows = await self._connection.query(LIST_BY_EMAIL, email=email, limit=limit)
        return [_user(row) for row in rows]

    async def list(self, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[User]:
        username, domain = after
        rows = await self._connection.query(LIST, username=username, domain=domain, limit=limit)
        return [_user(row) for row in rows]

    async def list_models(self, after: str, limit: int) -> Sequence[Model]:
        rows = await self._connection.query(LIST_MODELS, after=after, limit=limit)
        return [Model(frozenset(load(groups)), attributes) for groups, attributes in rows]

    async def replace(self, user: User) -> bool:
        return bool(await self._connection.query(REPLACE, **_values(user)))

    async def delete(self, user_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=user_id))

    def _found(self, rows: Sequence[Row]) -> User | None:
        if not rows:
            return None
        *columns, owner, secret = rows[0]
        if owner is not None:
            self._keys.learn(owner, secret)
        return _user(columns)


def _values(user: User) -> dict[str, Value]:
    return {
        "id": user.id,
        "username": user.username,
        "created_at": user.created_at,
        "domain": user.domain,
        "display_name": user.display_name,
        "email": user.email,
        "groups": dump_names(sorted(user.groups)),
        "attributes": user.attributes,
        "disabled_at": user.disabled_at,
        "changed_at": user.changed_at,
    }


def _user(row: Sequence[Any]) -> User:
    id_, username, created_at, domain, display_name, email, groups, attributes, *times = row
    members = frozenset(load(groups))
    return User(id_, username, created_at, domain, display_name, email, members, attributes, *times)
