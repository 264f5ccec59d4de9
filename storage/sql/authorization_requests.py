"""Authorization requests that wait: found while they live, consumed once."""

from __future__ import annotations

from storage.records import AuthorizationRequest
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row

NAMES = ("id_hash", "kind", "client_id", "request", "created_at", "expires_at", "sid", "browser_hash")
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO authorization_requests (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
LIVE = "tenant = :tenant AND id_hash = :id_hash AND expires_at > :now"
FIND = f"SELECT {COLUMNS} FROM authorization_requests WHERE {LIVE}"
CONSUME = f"DELETE FROM authorization_requests WHERE {LIVE} RETURNING {COLUMNS}"


class SQLAuthorizationRequests:
    """`storage.contract.AuthorizationRequests`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, request: AuthorizationRequest) -> None:
        await self._connection.write(
            ADD,
            id_hash=request.id_hash,
            kind=request.kind,
            client_id=request.client_id,
            request=dump(request.request),
            created_at=request.created_at,
            expires_at=request.expires_at,
            sid=request.sid,
            browser_hash=request.browser_hash,
        )

    async def find(self, id_hash: bytes, now: int) -> AuthorizationRequest | None:
        rows = await self._connection.query(FIND, id_hash=id_hash, now=now)
        return _request(rows[0]) if rows else None

    async def consume(self, id_hash: bytes, now: int) -> AuthorizationRequest | None:
        rows = await self._connection.query(CONSUME, id_hash=id_hash, now=now)
        return _request(rows[0]) if rows else None


def _request(row: Row) -> AuthorizationRequest:
    id_hash, kind, client_id, request, *rest = row
    return AuthorizationRequest(id_hash, kind, client_id, load(request), *rest)
