"""Sessions as NASes report them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.network import NetworkSession
from storage.sql.connection import Connection

NAMES = (
    *("id", "service", "user_id", "username", "nas", "session", "station", "framed", "began_at", "seen_at"),
    *("ended_at", "expires_at", "seconds", "octets_in", "octets_out", "cause"),
)
COLUMNS = ", ".join(NAMES)
# Reports overtake each other on the way: one that comes after the end changes nothing, and one that does not
# repeat an address does not take it away.
REPLACE = f"""
INSERT INTO network_sessions (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT (tenant, id) DO UPDATE SET
    station = CASE WHEN excluded.station <> '' THEN excluded.station ELSE network_sessions.station END,
    framed = CASE WHEN excluded.framed <> '' THEN excluded.framed ELSE network_sessions.framed END,
    seen_at = excluded.seen_at, ended_at = excluded.ended_at, expires_at = excluded.expires_at,
    seconds = excluded.seconds, octets_in = excluded.octets_in, octets_out = excluded.octets_out,
    cause = excluded.cause
WHERE network_sessions.ended_at IS NULL"""
FIND = f"SELECT {COLUMNS} FROM network_sessions WHERE tenant = :tenant AND id = :id"
LIST_OF = f"""
SELECT {COLUMNS} FROM network_sessions
WHERE tenant = :tenant AND user_id = :user_id AND ended_at IS NULL AND expires_at > :now ORDER BY began_at, id"""
END_OF = """
UPDATE network_sessions SET ended_at = :now, cause = :cause
WHERE tenant = :tenant AND service = :service AND nas = :nas AND ended_at IS NULL RETURNING 1"""


class SQLNetworkSessions:
    """`storage.network.NetworkSessions`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, session: NetworkSession) -> None:
        await self._connection.write(REPLACE, **{name: getattr(session, name) for name in NAMES})

    async def find(self, session_id: str) -> NetworkSession | None:
        rows = await self._connection.query(FIND, id=session_id)
        return NetworkSession(*rows[0]) if rows else None

    async def list_of(self, user_id: str, now: int) -> Sequence[NetworkSession]:
        rows = await self._connection.query(LIST_OF, user_id=user_id, now=now)
        return [NetworkSession(*row) for row in rows]

    async def end_of(self, service: str, nas: str, now: int, cause: str) -> int:
        rows = await self._connection.query(END_OF, service=service, nas=nas, now=now, cause=cause)
        return len(rows)
