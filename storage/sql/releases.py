"""Keys that release logins, each with its challenge, and the releases that wait for a login."""

from __future__ import annotations

from collections.abc import Sequence

from storage.releases import Release, ReleaseKey, Standing
from storage.sql.connection import Connection

KEY = "id, user_id, credential_id, sealed, created_at, last_used_at"
ADD_KEY = f"""
INSERT INTO release_keys (tenant, {KEY})
VALUES (:tenant, :id, :user_id, :credential_id, :sealed, :created_at, :last_used_at)
ON CONFLICT DO NOTHING RETURNING 1"""
FIND_KEY = f"SELECT {KEY} FROM release_keys WHERE tenant = :tenant AND id = :id"
LIST_KEYS = f"SELECT {KEY} FROM release_keys WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit"
DELETE_KEY = "DELETE FROM release_keys WHERE tenant = :tenant AND id = :id RETURNING 1"
DELETE_KEYS = "DELETE FROM release_keys WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"
ASK = """
UPDATE release_keys SET challenge_hash = :challenge_hash, challenge_until = :until
WHERE tenant = :tenant AND id = :id RETURNING 1"""
ANSWER = f"""
UPDATE release_keys SET challenge_hash = NULL, challenge_until = NULL, last_used_at = :now
WHERE tenant = :tenant AND id = :id AND challenge_hash = :challenge_hash AND challenge_until = :until AND :until > :now
RETURNING {KEY}"""

NAMES = ("user_id", "id", "key_id", "created_at", "expires_at")
REPLACE = f"""
INSERT INTO releases (tenant, {", ".join(NAMES)}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT (tenant, user_id) DO UPDATE SET id = excluded.id, key_id = excluded.key_id,
    created_at = excluded.created_at, expires_at = excluded.expires_at"""
STANDING = """
SELECT (SELECT count(*) FROM release_keys WHERE tenant = :tenant AND user_id = :user_id),
    (SELECT id FROM releases WHERE tenant = :tenant AND user_id = :user_id AND expires_at > :now)"""
CONSUME = """
DELETE FROM releases WHERE tenant = :tenant AND user_id = :user_id AND id = :id AND expires_at > :now
RETURNING 1"""


class SQLReleases:
    """`storage.releases.Releases`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add_key(self, key: ReleaseKey) -> bool:
        values = {name: getattr(key, name) for name in KEY.split(", ")}
        return bool(await self._connection.query(ADD_KEY, **values))

    async def find_key(self, key_id: str) -> ReleaseKey | None:
        rows = await self._connection.query(FIND_KEY, id=key_id)
        return ReleaseKey(*rows[0]) if rows else None

    async def list_keys(self, after: str = "", limit: int = 500) -> Sequence[ReleaseKey]:
        return [ReleaseKey(*row) for row in await self._connection.query(LIST_KEYS, after=after, limit=limit)]

    async def delete_key(self, key_id: str) -> bool:
        return bool(await self._connection.query(DELETE_KEY, id=key_id))

    async def delete_keys(self, user_id: str) -> int:
        return len(await self._connection.query(DELETE_KEYS, user_id=user_id))

    async def ask(self, key_id: str, challenge_hash: bytes, until: int) -> bool:
        return bool(await self._connection.query(ASK, id=key_id, challenge_hash=challenge_hash, until=until))

    async def answer(self, key_id: str, challenge_hash: bytes, until: int, now: int) -> ReleaseKey | None:
        rows = await self._connection.query(
            ANSWER, id=key_id, challenge_hash=challenge_hash, until=until, now=now
        )
        return ReleaseKey(*rows[0]) if rows else None

    async def replace(self, release: Release) -> None:
        await self._connection.write(REPLACE, **{name: getattr(release, name) for name in NAMES})

    async def standing(self, user_id: str, now: int) -> Standing:
        keys, release_id = (await self._connection.query(STANDING, user_id=user_id, now=now))[0]
        return Standing(keys > 0, release_id or "")

    async def consume(self, user_id: str, release_id: str, now: int) -> bool:
        return bool(await self._connection.query(CONSUME, user_id=user_id, id=release_id, now=now))
