"""What nobody can use any more, deleted in slices."""

from __future__ import annotations

from dataclasses import dataclass

from storage.sql.connection import Connection

# Whoever redeems a code in its last second has added the tokens long before this is over.
GRACE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Expiry:
    """One table: how its oldest slice is found, and what is done up to the end `:cut` of that slice."""

    table: str
    end: str
    statements: tuple[str, ...]
    grace: int = 0

    @property
    def slice(self) -> str:
        return f"""
        SELECT count(*), max({self.end}) FROM (
            SELECT {self.end} FROM {self.table}
            WHERE tenant = :tenant AND {self.end} > 0 AND {self.end} <= :now
            ORDER BY {self.end} LIMIT :limit
        ) AS slice"""


def _plain(table: str, end: str, grace: int = 0) -> Expiry:
    delete = f"DELETE FROM {table} WHERE tenant = :tenant AND {end} <= :cut RETURNING 1"
    return Expiry(table, end, (delete,), grace)


# A grant ends with its last token. It is looked at twice, never in every sweep: when its code has expired
# (`code_expires_at` becomes 0 if there are tokens), and when a token of it has.
GRANTS = Expiry(
    "grants",
    "code_expires_at",
    (
        """
        DELETE FROM grants WHERE tenant = :tenant AND code_expires_at > 0 AND code_expires_at <= :cut
            AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.tenant = grants.tenant AND t.grant_id = grants.id)
        RETURNING 1""",
        """
        UPDATE grants SET code_expires_at = 0
        WHERE tenant = :tenant AND code_expires_at > 0 AND code_expires_at <= :cut""",
    ),
    GRACE_SECONDS,
)
TOKENS = Expiry(
    "tokens",
    "expires_at",
    (
        """
        DELETE FROM grants WHERE tenant = :tenant AND code_expires_at = 0
            AND id IN (SELECT grant_id FROM tokens WHERE tenant = :tenant AND expires_at <= :cut)
            AND NOT EXISTS (
                SELECT 1 FROM tokens t
                WHERE t.tenant = grants.tenant AND t.grant_id = grants.id AND t.expires_at > :now
            )
        RETURNING 1""",
        "DELETE FROM tokens WHERE tenant = :tenant AND expires_at <= :cut RETURNING 1",
    ),
)
# Nobody may be asked for a certificate that nobody accepts, so what its owner holds goes with it.
CERTIFICATES = Expiry(
    "issued_certificates",
    "ends_at",
    (
        """
        DELETE FROM credentials WHERE tenant = :tenant
            AND id IN (SELECT serial FROM issued_certificates WHERE tenant = :tenant AND ends_at <= :cut)
        RETURNING 1""",
        "DELETE FROM issued_certificates WHERE tenant = :tenant AND ends_at <= :cut RETURNING 1",
    ),
)
ALL = (
    _plain("interactions", "expires_at"),
    _plain("sessions", "expires_at"),
    _plain("budgets", "until"),
    _plain("authorization_requests", "expires_at"),
    _plain("spent_identifiers", "expires_at"),
    _plain("retry_answers", "expires_at"),
    _plain("service_tokens", "expires_at"),
    _plain("initial_tokens", "expires_at"),
    _plain("web_tokens", "expires_at"),
    _plain("network_sessions", "expires_at"),
    _plain("participants", "expires_at"),
    _plain("artifacts", "expires_at"),
    _plain("activations", "expires_at"),
    _plain("known_devices", "expires_at"),
    _plain("device_grants", "expires_at", GRACE_SECONDS),  # a device is told that its code expired
    _plain("exchanged_tokens", "expires_at"),
    _plain("mails", "expires_at"),
    _plain("reset_links", "expires_at", GRACE_SECONDS),  # who opened one in time sets his pattern
    _plain("releases", "expires_at"),
    _plain("requests", "expires_at"),
    GRANTS,
    TOKENS,
    CERTIFICATES,
)


class SQLExpired:
    """Short statements, so that nobody waits long for the sweep."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def delete(self, now: int, limit: int) -> tuple[int, bool]:
        """Look at the oldest `limit` expired rows of each table; returns how many went, and if more wait."""
        deleted, more = 0, False
        for expiry in ALL:
            count, cut = (await self._connection.query(expiry.slice, now=now - expiry.grace, limit=limit))[0]
            for statement in expiry.statements if count else ():
                deleted += len(await self._connection.query(statement, cut=cut, now=now))
            more |= count == limit
        return deleted, more
