"""Keys of persons and days: what a transaction has read of them it does not read again."""

from __future__ import annotations

from collections.abc import MutableMapping

from keys.personal import new_secret
from storage.person_keys import owner_of
from storage.sql.connection import Connection

FIND = "SELECT secret, created_at FROM person_keys WHERE tenant = :tenant AND owner = :owner"
ADD = """
INSERT INTO person_keys (tenant, owner, secret, created_at) VALUES (:tenant, :owner, :secret, :now)
ON CONFLICT DO NOTHING RETURNING 1"""
ERASE = """
INSERT INTO person_keys (tenant, owner, created_at, erased_at) VALUES (:tenant, :owner, :now, :now)
ON CONFLICT (tenant, owner) DO UPDATE SET secret = NULL, erased_at = :now
WHERE person_keys.erased_at IS NULL RETURNING 1"""
# In place and of the same length, so that SQLite leaves no copy on the page.
OVERWRITE = """
UPDATE person_keys SET secret = :secret WHERE tenant = :tenant AND owner = :owner AND erased_at IS NULL"""
OLD_DAYS = """
DELETE FROM person_keys WHERE tenant = :tenant AND owner >= 'day:' AND owner < :first RETURNING 1"""
FORGOTTEN = """
DELETE FROM person_keys WHERE tenant = :tenant AND owner IN (
    SELECT k.owner FROM person_keys k WHERE k.tenant = :tenant AND (k.owner < 'day:' OR k.owner >= 'day;')
        AND NOT EXISTS (SELECT 1 FROM users u WHERE u.tenant = :tenant AND u.id = k.owner)
        AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.tenant = :tenant AND a.user_id = k.owner)
    LIMIT :limit
) RETURNING 1"""
SETTLED_SECONDS = 60  # by then the transaction that made a key has ended, one way or the other
REMEMBERED = 8


class SQLPersonKeys:
    """`storage.person_keys.PersonKeys`.

    `days` are keys of days that all transactions of a tenant share: what strangers do must cost what others cost,
    whose key comes with their row of `users`.
    """

    __slots__ = ("_connection", "_days", "_known")

    def __init__(self, connection: Connection, days: MutableMapping[str, bytes]) -> None:
        self._connection = connection
        self._days = days
        self._known: dict[str, bytes | None] = {}

    def learn(self, owner: str, secret: bytes | None) -> None:
        """What another statement has read: None for one who was erased."""
        self._known[owner] = None if secret is None else bytes(secret)

    async def find(self, owner: str) -> bytes | None:
        return await self._read(owner, 0) or None

    async def find_or_add(self, owner: str, now: int) -> bytes | None:
        secret = await self._read(owner, now)
        if secret != b"":
            return secret
        fresh = new_secret()
        if await self._connection.query(ADD, owner=owner, secret=fresh, now=now):
            self._known[owner] = fresh
            return fresh
        return await self._read(owner, 0)  # another was faster

    async def erase(self, owner: str, now: int) -> bool:
        await self._connection.write(OVERWRITE, owner=owner, secret=bytes(len(new_secret())))
        erased = await self._connection.query(ERASE, owner=owner, now=now)
        self._known[owner] = None
        return bool(erased)

    async def delete_days(self, before: int) -> int:
        return len(await self._connection.query(OLD_DAYS, first=owner_of(None, before)))

    async def delete_forgotten(self, limit: int) -> int:
        return len(await self._connection.query(FORGOTTEN, limit=limit))

    async def _read(self, owner: str, now: int) -> bytes | None:
        """Empty where there is none, None for one who was erased."""
        if owner in self._known:
            return self._known[owner]
        if owner in self._days:
            return self._days[owner]
        rows = await self._connection.query(FIND, owner=owner)
        if not rows:
            return b""
        secret, created_at = rows[0]
        self.learn(owner, secret)
        if secret is not None and owner.startswith("day:") and created_at + SETTLED_SECONDS < now:
            if len(self._days) >= REMEMBERED:
                self._days.clear()
            self._days[owner] = bytes(secret)
        return self._known[owner]
