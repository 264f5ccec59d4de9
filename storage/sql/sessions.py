"""Browser sessions by the hash of their secret."""

from __future__ import annotations

from collections.abc import Sequence

from storage.clock import SKEW_SECONDS
from storage.records import Session
from storage.sql.columns import dump_proofs, load_proofs
from storage.sql.connection import Connection, Row

COLUMNS = """
id_hash, sid, user_id, browser_hash, proofs, acr, created_at, seen_at, expires_at, address, user_agent"""
ADD = f"""
INSERT INTO sessions (tenant, {COLUMNS})
VALUES (:tenant, :id_hash, :sid, :user_id, :browser_hash, :proofs, :acr, :created_at, :seen_at, :expires_at,
    :address, :user_agent)"""
# One that began in the future was made by a clock that was ahead, and would last for as long.
FIND = f"""
SELECT {COLUMNS} FROM sessions WHERE tenant = :tenant AND id_hash = :id_hash AND expires_at > :now
    AND created_at <= :now + {SKEW_SECONDS}"""
FIND_BY_SID = f"SELECT {COLUMNS} FROM sessions WHERE tenant = :tenant AND sid = :sid AND expires_at > :now"
LIST_OVER = f"""
SELECT {COLUMNS} FROM sessions WHERE tenant = :tenant AND expires_at <= :now
UNION SELECT {COLUMNS} FROM sessions WHERE tenant = :tenant AND seen_at <= :idle_since
LIMIT :limit"""
TOUCH = "UPDATE sessions SET seen_at = :now WHERE tenant = :tenant AND id_hash = :id_hash"
SHORTEN = """
UPDATE sessions SET expires_at = :expires_at
WHERE tenant = :tenant AND id_hash = :id_hash AND expires_at > :expires_at"""
LIST = f"""
SELECT {COLUMNS} FROM sessions WHERE tenant = :tenant AND user_id = :user_id AND expires_at > :now
ORDER BY created_at, sid"""
COUNT = "SELECT count(*) FROM sessions WHERE tenant = :tenant AND expires_at > :now"
DELETE = "DELETE FROM sessions WHERE tenant = :tenant AND id_hash = :id_hash RETURNING 1"
DELETE_OF = "DELETE FROM sessions WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"


class SQLSessions:
    """`storage.contract.Sessions`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        await self._connection.write(
            ADD,
            id_hash=session.id_hash,
            sid=session.sid,
            user_id=session.user_id,
            browser_hash=session.browser_hash,
            proofs=dump_proofs(session.proofs),
            acr=session.acr,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            address=session.address,
            user_agent=session.user_agent,
        )

    async def find(self, id_hash: bytes, now: int) -> Session | None:
        rows = await self._connection.query(FIND, id_hash=id_hash, now=now)
        return _session(rows[0]) if rows else None

    async def find_by_sid(self, sid: str, now: int) -> Session | None:
        rows = await self._connection.query(FIND_BY_SID, sid=sid, now=now)
        return _session(rows[0]) if rows else None

    async def list_over(self, now: int, idle_since: int, limit: int) -> Sequence[Session]:
        rows = await self._connection.query(LIST_OVER, now=now, idle_since=idle_since, limit=limit)
        return [_session(row) for row in rows]

    async def touch(self, id_hash: bytes, now: int) -> None:
        await self._connection.write(TOUCH, id_hash=id_hash, now=now)

    async def shorten(self, id_hash: bytes, expires_at: int) -> None:
        await self._connection.write(SHORTEN, id_hash=id_hash, expires_at=expires_at)

    async def list(self, user_id: str, now: int) -> Sequence[Session]:
        return [_session(row) for row in await self._connection.query(LIST, user_id=user_id, now=now)]

    async def count(self, now: int) -> int:
        found: int = (await self._connection.query(COUNT, now=now))[0][0]
        return found

    async def delete(self, id_hash: bytes) -> bool:
        return bool(await self._connection.query(DELETE, id_hash=id_hash))

    async def delete_of(self, user_id: str) -> int:
        return len(await self._connection.query(DELETE_OF, user_id=user_id))


def _session(row: Row) -> Session:
    id_hash, sid, user_id, browser_hash, proofs, *rest = row
    return Session(id_hash, sid, user_id, browser_hash, load_proofs(proofs), *rest)
