"""Grants, and the authorization codes that open them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.clock import SKEW_SECONDS
from storage.records import Grant
from storage.sql.columns import dump, dump_names, load, load_names
from storage.sql.connection import Connection, Row

NAMES = (
    *("id", "service", "client_id", "user_id", "sid", "scope", "request", "auth_time", "acr", "amr"),
    *("created_at", "code_hash", "code_expires_at", "code_used_at"),
)
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO grants (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
FIND = f"SELECT {COLUMNS} FROM grants WHERE tenant = :tenant AND id = :id"
LIST = f"SELECT {COLUMNS} FROM grants WHERE tenant = :tenant AND sid = :sid ORDER BY created_at, id"
LIST_OF = (
    f"SELECT {COLUMNS} FROM grants WHERE tenant = :tenant AND user_id = :user_id ORDER BY created_at, id"
)
# RFC 6749 §4.1.2: a code is used once; the condition and the mark are one statement.
CONSUME_CODE = f"""
UPDATE grants SET code_used_at = :now
WHERE tenant = :tenant AND code_hash = :code_hash AND code_used_at IS NULL AND code_expires_at > :now
    AND created_at <= :now + {SKEW_SECONDS}
RETURNING {COLUMNS}"""
REVOKE_CODE = f"""
DELETE FROM grants WHERE tenant = :tenant AND code_hash = :code_hash AND code_used_at IS NOT NULL
RETURNING {COLUMNS}"""
DELETE = "DELETE FROM grants WHERE tenant = :tenant AND id = :id RETURNING 1"
DELETE_OF = "DELETE FROM grants WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"
DELETE_FOR = f"{DELETE_OF.removesuffix(' RETURNING 1')} AND service = :service RETURNING 1"
DELETE_FOR_CLIENT = f"{DELETE_FOR.removesuffix(' RETURNING 1')} AND client_id = :client_id RETURNING 1"


class SQLGrants:
    """`storage.contract.Grants`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, grant: Grant) -> None:
        await self._connection.write(
            ADD,
            id=grant.id,
            service=grant.service,
            client_id=grant.client_id,
            user_id=grant.user_id,
            sid=grant.sid,
            scope=dump_names(grant.scope),
            request=dump(grant.request),
            auth_time=grant.auth_time,
            acr=grant.acr,
            amr=dump_names(grant.amr),
            created_at=grant.created_at,
            code_hash=grant.code_hash,
            code_expires_at=grant.code_expires_at,
            code_used_at=grant.code_used_at,
        )

    async def find(self, grant_id: str) -> Grant | None:
        rows = await self._connection.query(FIND, id=grant_id)
        return read_grant(rows[0]) if rows else None

    async def list(self, sid: str) -> Sequence[Grant]:
        return [read_grant(row) for row in await self._connection.query(LIST, sid=sid)]

    async def list_of(self, user_id: str) -> Sequence[Grant]:
        return [read_grant(row) for row in await self._connection.query(LIST_OF, user_id=user_id)]

    async def consume_code(self, code_hash: bytes, now: int) -> Grant | None:
        rows = await self._connection.query(CONSUME_CODE, code_hash=code_hash, now=now)
        return read_grant(rows[0]) if rows else None

    async def revoke_code(self, code_hash: bytes) -> Grant | None:
        rows = await self._connection.query(REVOKE_CODE, code_hash=code_hash)
        return read_grant(rows[0]) if rows else None

    async def delete(self, grant_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=grant_id))

    async def delete_of(self, user_id: str, service: str | None = None, client_id: str | None = None) -> int:
        if service is None:
            return len(await self._connection.query(DELETE_OF, user_id=user_id))
        gone = {"user_id": user_id, "service": service}
        if client_id is None:
            return len(await self._connection.query(DELETE_FOR, **gone))
        return len(await self._connection.query(DELETE_FOR_CLIENT, **gone, client_id=client_id))


def read_grant(row: Row) -> Grant:
    """A row of `COLUMNS`."""
    id_, service, client_id, user_id, sid, scope, request, auth_time, acr, amr, *rest = row
    return Grant(
        id_,
        service,
        client_id,
        user_id,
        sid,
        load_names(scope),
        load(request),
        auth_time,
        acr,
        load_names(amr),
        *rest,
    )
