"""Access tokens that services hold in their own names."""

from __future__ import annotations

from storage.presented import ServiceToken
from storage.sql.columns import dump_names, load_names
from storage.sql.connection import Connection

NAMES = (
    "token_hash",
    "service",
    "client_id",
    "scope",
    "audience",
    "jkt",
    "created_at",
    "expires_at",
    "certificate",
)
ADD = f"INSERT INTO service_tokens (tenant, {', '.join(NAMES)}) VALUES (:tenant, :{', :'.join(NAMES)})"
FIND = f"""
SELECT {", ".join(NAMES)} FROM service_tokens
WHERE tenant = :tenant AND token_hash = :token_hash AND expires_at > :now"""
DELETE = "DELETE FROM service_tokens WHERE tenant = :tenant AND token_hash = :token_hash RETURNING 1"


class SQLServiceTokens:
    """`storage.presented.ServiceTokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: ServiceToken) -> None:
        await self._connection.write(
            ADD,
            token_hash=token.token_hash,
            service=token.service,
            client_id=token.client_id,
            scope=dump_names(token.scope),
            audience=dump_names(token.audience),
            jkt=token.jkt,
            created_at=token.created_at,
            expires_at=token.expires_at,
            certificate=token.certificate,
        )

    async def find(self, token_hash: bytes, now: int) -> ServiceToken | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        if not rows:
            return None
        found, service, client_id, scope, audience, *rest = rows[0]
        return ServiceToken(found, service, client_id, load_names(scope), load_names(audience), *rest)

    async def delete(self, token_hash: bytes) -> bool:
        return bool(await self._connection.query(DELETE, token_hash=token_hash))
