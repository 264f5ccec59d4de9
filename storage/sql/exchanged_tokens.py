"""Exchanged tokens, found together with the grant behind the token that they were exchanged for."""

from __future__ import annotations

from storage.exchange import ExchangedToken
from storage.records import Grant
from storage.sql.columns import dump, dump_names, load, load_names
from storage.sql.connection import Connection, Row
from storage.sql.grants import NAMES as GRANT_NAMES
from storage.sql.grants import read_grant

NAMES = (
    *("token_hash", "subject_hash", "service", "client_id", "scope", "audience", "jkt", "act"),
    *("created_at", "expires_at", "certificate"),
)
ADD = f"INSERT INTO exchanged_tokens (tenant, {', '.join(NAMES)}) VALUES (:tenant, :{', :'.join(NAMES)})"
FIND = f"""
SELECT e.{", e.".join(NAMES)}, g.{", g.".join(GRANT_NAMES)}
FROM exchanged_tokens e
JOIN tokens t ON t.tenant = e.tenant AND t.token_hash = e.subject_hash AND t.expires_at > :now
JOIN grants g ON g.tenant = t.tenant AND g.id = t.grant_id
WHERE e.tenant = :tenant AND e.token_hash = :token_hash AND e.expires_at > :now"""
DELETE = "DELETE FROM exchanged_tokens WHERE tenant = :tenant AND token_hash = :token_hash RETURNING 1"


class SQLExchangedTokens:
    """`storage.exchange.ExchangedTokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: ExchangedToken) -> None:
        await self._connection.write(
            ADD,
            token_hash=token.token_hash,
            subject_hash=token.subject_hash,
            service=token.service,
            client_id=token.client_id,
            scope=dump_names(token.scope),
            audience=dump_names(token.audience),
            jkt=token.jkt,
            act=dump(token.act),
            created_at=token.created_at,
            expires_at=token.expires_at,
            certificate=token.certificate,
        )

    async def find(self, token_hash: bytes, now: int) -> tuple[ExchangedToken, Grant] | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, now=now)
        return (_token(rows[0][: len(NAMES)]), read_grant(rows[0][len(NAMES) :])) if rows else None

    async def delete(self, token_hash: bytes) -> bool:
        return bool(await self._connection.query(DELETE, token_hash=token_hash))


def _token(row: Row) -> ExchangedToken:
    token_hash, subject_hash, service, client_id, scope, audience, jkt, act, *rest = row
    named = service, client_id, load_names(scope), load_names(audience), jkt, load(act)
    return ExchangedToken(token_hash, subject_hash, *named, *rest)
