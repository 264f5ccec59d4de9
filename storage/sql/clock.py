"""What was believed of the time, and what is set right when it turns out to have been wrong."""

from __future__ import annotations

from storage.clock import Belief
from storage.sql.connection import Connection

FIND = "SELECT believed_at, doubted_at FROM clock WHERE tenant = :tenant"
# It changes nothing and holds the row, on PostgreSQL too.
LOCK = """
UPDATE clock SET believed_at = believed_at WHERE tenant = :tenant RETURNING believed_at, doubted_at"""
REPLACE = """
INSERT INTO clock (tenant, believed_at, doubted_at) VALUES (:tenant, :believed_at, :doubted_at)
ON CONFLICT (tenant) DO UPDATE SET believed_at = :believed_at, doubted_at = :doubted_at"""
# A session carries the times of its proofs, which would be fresh for as long as the clock was ahead.
ENDED = (
    "DELETE FROM interactions WHERE tenant = :tenant AND created_at >= :since RETURNING 1",
    "DELETE FROM sessions WHERE tenant = :tenant AND (created_at >= :since OR seen_at >= :since) RETURNING 1",
    "DELETE FROM grants WHERE tenant = :tenant AND created_at >= :since RETURNING 1",
    "DELETE FROM tokens WHERE tenant = :tenant AND created_at >= :since RETURNING 1",
)
EARLIER = (
    "UPDATE budgets SET until = until - :leap WHERE tenant = :tenant AND until >= :since RETURNING 1",
    "UPDATE mails SET due_at = due_at - :leap WHERE tenant = :tenant AND due_at >= :since RETURNING 1",
    "UPDATE deliveries SET due_at = due_at - :leap WHERE tenant = :tenant AND due_at >= :since RETURNING 1",
    "UPDATE audit_turns SET until = until - :leap WHERE tenant = :tenant AND until >= :since RETURNING 1",
    # By when a key was announced it is known when it may sign, and by when it retired when it may go.
    *(
        f"""
UPDATE {ring} SET changed_at = changed_at - :leap,
    created_at = CASE WHEN created_at >= :since THEN created_at - :leap ELSE created_at END
WHERE tenant = :tenant AND changed_at >= :since RETURNING 1"""
        for ring in ("signing_keys", "certified_keys", "authorities")
    ),
    """
UPDATE issued_certificates SET revoked_at = revoked_at - :leap
WHERE tenant = :tenant AND revoked_at >= :since RETURNING 1""",
)


class SQLClocks:
    """`storage.clock.Clocks`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self) -> Belief | None:
        rows = await self._connection.query(FIND)
        return Belief(*rows[0]) if rows else None

    async def lock(self) -> Belief | None:
        rows = await self._connection.query(LOCK)
        return Belief(*rows[0]) if rows else None

    async def replace(self, belief: Belief) -> None:
        await self._connection.write(REPLACE, believed_at=belief.believed_at, doubted_at=belief.doubted_at)

    async def bring_back(self, since: int, leap: int) -> int:
        touched = 0
        for statement in ENDED:
            touched += len(await self._connection.query(statement, since=since))
        for statement in EARLIER:
            touched += len(await self._connection.query(statement, since=since, leap=leap))
        return touched
