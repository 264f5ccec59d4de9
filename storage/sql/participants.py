"""Services that sessions went to, by the names that they know."""

from __future__ import annotations

from collections.abc import Sequence

from storage.participants import Participant
from storage.sql.connection import Connection, Row

NAMES = ("session_index", "sid", "service", "client_id", "name_hash", "sealed", "expires_at")
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO participants (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
OF_CLIENT = f"SELECT {COLUMNS} FROM participants WHERE tenant = :tenant AND client_id = :client_id"
FIND = f"{OF_CLIENT} AND session_index = :session_index"
LIST = f"{OF_CLIENT} AND sid = :sid ORDER BY session_index"
LIST_AT = f"SELECT {COLUMNS} FROM participants WHERE tenant = :tenant AND sid = :sid ORDER BY client_id, session_index"
LIST_NAMED = f"{OF_CLIENT} AND name_hash = :name_hash ORDER BY session_index"
DELETE_OF = "DELETE FROM participants WHERE tenant = :tenant AND sid = :sid AND client_id = :client_id"
DELETE_NAMED = f"{DELETE_OF} AND name_hash = :name_hash"


class SQLParticipants:
    """`storage.participants.Participants`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, participant: Participant) -> None:
        await self._connection.write(ADD, **{name: getattr(participant, name) for name in NAMES})

    async def find(self, client_id: str, session_index: str) -> Participant | None:
        rows = await self._connection.query(FIND, client_id=client_id, session_index=session_index)
        return _participant(rows[0]) if rows else None

    async def list(self, sid: str, client_id: str) -> Sequence[Participant]:
        return [_participant(row) for row in await self._connection.query(LIST, sid=sid, client_id=client_id)]

    async def list_at(self, sid: str) -> Sequence[Participant]:
        return [_participant(row) for row in await self._connection.query(LIST_AT, sid=sid)]

    async def list_named(self, client_id: str, name_hash: bytes) -> Sequence[Participant]:
        rows = await self._connection.query(LIST_NAMED, client_id=client_id, name_hash=name_hash)
        return [_participant(row) for row in rows]

    async def delete_of(self, sid: str, client_id: str, name_hash: bytes | None = None) -> int:
        gone = {"sid": sid, "client_id": client_id}
        if name_hash is None:
            return len(await self._connection.query(f"{DELETE_OF} RETURNING 1", **gone))
        rows = await self._connection.query(f"{DELETE_NAMED} RETURNING 1", **gone, name_hash=name_hash)
        return len(rows)


def _participant(row: Row) -> Participant:
    session_index, sid, service, client_id, name_hash, sealed, expires_at = row
    return Participant(session_index, sid, service, client_id, bytes(name_hash), bytes(sealed), expires_at)
