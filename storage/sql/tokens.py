"""Access and refresh tokens, found together with their grant."""

from __future__ import annotations

from storage.clock import SKEW_SECONDS
from storage.records import Grant, Token
from storage.sql.columns import dump_names, load_names
from storage.sql.connection import Connection, Row
from storage.sql.grants import NAMES as GRANT_NAMES
from storage.sql.grants import read_grant

NAMES = (
    *("token_hash", "kind", "grant_id", "scope", "created_at", "expires_at", "used_at"),
    *("audience", "jkt", "certificate"),
)
ADD = f"INSERT INTO tokens (tenant, {', '.join(NAMES)}) VALUES (:tenant, :{', :'.join(NAMES)})"
# One of the future was made by a clock that was ahead, and would last for as long.
FIND = f"""
SELECT t.{", t.".join(NAMES)}, g.{", g.".join(GRANT_NAMES)}
FROM tokens t JOIN grants g ON g.tenant = t.tenant AND g.id = t.grant_id
WHERE t.tenant = :tenant AND t.token_hash = :token_hash AND t.kind = :kind AND t.expires_at > :now
    AND t.created_at <= :now + {SKEW_SECONDS}"""
# RFC 9700 §4.14.2: of many uses of one refresh token, one succeeds.
ROTATE = f"""
UPDATE tokens SET used_at = :now
WHERE tenant = :tenant AND token_hash = :token_hash AND kind = 'refresh' AND used_at IS NULL
    AND expires_at > :now AND created_at <= :now + {SKEW_SECONDS}
RETURNING 1"""
# Expired at once instead of gone: the sweep finds its grant through it, and deletes both.
DELETE = """
UPDATE tokens SET expires_at = 1
WHERE tenant = :tenant AND token_hash = :token_hash AND expires_at > 1 RETURNING 1"""


class SQLTokens:
    """`storage.contract.Tokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: Token) -> None:
        await self._connection.write(
            ADD,
            token_hash=token.token_hash,
            kind=token.kind,
            grant_id=token.grant_id,
            scope=dump_names(token.scope),
            created_at=token.created_at,
            expires_at=token.expires_at,
            used_at=token.used_at,
            audience=dump_names(token.audience),
            jkt=token.jkt,
            certificate=token.certificate,
        )

    async def find(self, token_hash: bytes, kind: str, now: int) -> tuple[Token, Grant] | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, kind=kind, now=now)
        return (_token(rows[0][: len(NAMES)]), read_grant(rows[0][len(NAMES) :])) if rows else None

    async def rotate(self, token_hash: bytes, now: int) -> bool:
        return bool(await self._connection.query(ROTATE, token_hash=token_hash, now=now))

    async def delete(self, token_hash: bytes) -> bool:
        return bool(await self._connection.query(DELETE, token_hash=token_hash))


def _token(row: Row) -> Token:
    token_hash, kind, grant_id, scope, created_at, expires_at, used_at, audience, *bound = row
    times = created_at, expires_at, used_at
    return Token(token_hash, kind, grant_id, load_names(scope), *times, load_names(audience), *bound)
