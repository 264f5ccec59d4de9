"""Mail: claimed by one node at a time."""

from __future__ import annotations

from collections.abc import Sequence

from storage.mails import Backlog, Mail
from storage.sql.connection import Connection

NAMES = (
    *("id", "kind", "user_id", "locale", "sealed", "created_at", "due_at", "last_at", "expires_at"),
    *("attempts", "failure", "dead_at"),
)
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO mails (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
FIND = f"SELECT {COLUMNS} FROM mails WHERE tenant = :tenant AND id = :id"
LIST = f"""
SELECT {COLUMNS} FROM mails WHERE tenant = :tenant AND dead_at IS NULL ORDER BY due_at, id LIMIT :limit"""
LIST_DEAD = f"""
SELECT {COLUMNS} FROM mails
WHERE tenant = :tenant AND dead_at IS NOT NULL ORDER BY dead_at, id LIMIT :limit"""
# The outer conditions are asked again once a lock is had: who waited for another node finds nothing.
CLAIM = f"""
UPDATE mails SET due_at = :until, attempts = attempts + 1
WHERE tenant = :tenant AND due_at <= :now AND dead_at IS NULL AND id = (
    SELECT id FROM mails WHERE tenant = :tenant AND due_at <= :now AND dead_at IS NULL
    ORDER BY due_at, id LIMIT 1
)
RETURNING {COLUMNS}"""
POSTPONE = "UPDATE mails SET due_at = :due_at, failure = :failure WHERE tenant = :tenant AND id = :id"
BURY = "UPDATE mails SET dead_at = :now, failure = :failure WHERE tenant = :tenant AND id = :id"
REVIVE = """
UPDATE mails SET dead_at = NULL, due_at = :now, last_at = :last_at, attempts = 0
WHERE tenant = :tenant AND id = :id RETURNING 1"""
DELETE = "DELETE FROM mails WHERE tenant = :tenant AND id = :id RETURNING 1"
BACKLOG = """
SELECT count(dead_at), min(CASE WHEN dead_at IS NULL THEN created_at END), count(*) - count(dead_at) FROM mails
WHERE tenant = :tenant"""


class SQLMails:
    """`storage.mails.Mails`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, mail: Mail) -> None:
        await self._connection.write(ADD, **{name: getattr(mail, name) for name in NAMES})

    async def find(self, mail_id: str) -> Mail | None:
        rows = await self._connection.query(FIND, id=mail_id)
        return Mail(*rows[0]) if rows else None

    async def list(self, limit: int = 100, *, dead: bool = False) -> Sequence[Mail]:
        rows = await self._connection.query(LIST_DEAD if dead else LIST, limit=limit)
        return [Mail(*row) for row in rows]

    async def claim(self, now: int, until: int) -> Mail | None:
        rows = await self._connection.query(CLAIM, now=now, until=until)
        return Mail(*rows[0]) if rows else None

    async def postpone(self, mail_id: str, due_at: int, failure: str) -> None:
        await self._connection.write(POSTPONE, id=mail_id, due_at=due_at, failure=failure)

    async def bury(self, mail_id: str, now: int, failure: str) -> None:
        await self._connection.write(BURY, id=mail_id, now=now, failure=failure)

    async def revive(self, mail_id: str, now: int, last_at: int) -> bool:
        return bool(await self._connection.query(REVIVE, id=mail_id, now=now, last_at=last_at))

    async def delete(self, mail_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=mail_id))

    async def backlog(self) -> Backlog:
        return Backlog(*(await self._connection.query(BACKLOG))[0])
