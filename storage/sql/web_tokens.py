"""Questions shown on a page: the newest one, used once."""

from __future__ import annotations

from storage.network import WebToken
from storage.sql.columns import dump, load
from storage.sql.connection import Connection

COLUMNS = "username, authenticator, prompt, created_at, expires_at"
REPLACE = f"""
INSERT INTO web_tokens (tenant, {COLUMNS})
VALUES (:tenant, :username, :authenticator, :prompt, :created_at, :expires_at)
ON CONFLICT (tenant, username, authenticator) DO UPDATE SET
    prompt = excluded.prompt, created_at = excluded.created_at, expires_at = excluded.expires_at"""
CONSUME = f"""
DELETE FROM web_tokens
WHERE tenant = :tenant AND username = :username AND authenticator = :authenticator AND expires_at > :now
RETURNING {COLUMNS}"""


class SQLWebTokens:
    """`storage.network.WebTokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, web_token: WebToken) -> None:
        await self._connection.write(
            REPLACE,
            username=web_token.username,
            authenticator=web_token.authenticator,
            prompt=dump(web_token.prompt),
            created_at=web_token.created_at,
            expires_at=web_token.expires_at,
        )

    async def consume(self, username: str, authenticator: str, now: int) -> WebToken | None:
        rows = await self._connection.query(CONSUME, username=username, authenticator=authenticator, now=now)
        if not rows:
            return None
        name, kind, prompt, created_at, expires_at = rows[0]
        return WebToken(name, kind, load(prompt), created_at, expires_at)
