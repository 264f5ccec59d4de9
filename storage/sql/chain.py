"""The chain of audit records, its checkpoints, and whose turn it is to work on them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.chain import Checkpoint, Kept, Turn
from storage.sql.connection import Connection

NAMES = (
    *("seq", "version", "id", "at", "event", "user_id", "service", "address", "request_id", "reference"),
    *("details", "sealed"),
)
POINTS = ("number", "first_seq", "last_seq", "created_at", "digests", "statement")
IS_WAITING = "SELECT 1 FROM audit WHERE tenant = :tenant AND seq IS NULL LIMIT 1"
LINK = f"""
UPDATE audit SET seq = :after + numbered.place FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
        SELECT id FROM audit WHERE tenant = :tenant AND seq IS NULL LIMIT :limit
    ) AS waiting
) AS numbered
WHERE audit.tenant = :tenant AND audit.id = numbered.id
RETURNING {", ".join(f"audit.{name}" for name in NAMES)}"""
LIST = f"""
SELECT {", ".join(f"a.{name}" for name in NAMES)}, k.secret FROM audit a
LEFT JOIN person_keys k ON k.tenant = :tenant AND k.owner = COALESCE(a.user_id, 'day:' || (a.at / 86400))
WHERE a.tenant = :tenant AND a.seq > :after AND a.seq <= :until ORDER BY a.seq, a.id LIMIT :limit"""
WAITING = "SELECT count(*), min(at) FROM audit WHERE tenant = :tenant AND seq IS NULL"
OUTSIDE = """
SELECT min(seq) FROM audit WHERE tenant = :tenant AND (
    seq > (SELECT COALESCE(max(last_seq), 0) FROM audit_checkpoints WHERE tenant = :tenant)
    OR seq < (SELECT COALESCE(min(first_seq), 1) FROM audit_checkpoints WHERE tenant = :tenant)
    OR seq <= (SELECT max(last_seq) FROM audit_checkpoints WHERE tenant = :tenant AND length(digests) = 0)
)"""
LAST = f"""
SELECT {", ".join(POINTS)} FROM audit_checkpoints WHERE tenant = :tenant ORDER BY number DESC LIMIT 1"""
CHECKPOINTS = f"""
SELECT {", ".join(POINTS)} FROM audit_checkpoints WHERE tenant = :tenant AND number > :after
ORDER BY number LIMIT :limit"""
PUT = f"""
INSERT INTO audit_checkpoints (tenant, {", ".join(POINTS)}) VALUES (:tenant, :{", :".join(POINTS)})
ON CONFLICT (tenant, number) DO UPDATE SET first_seq = :first_seq, last_seq = :last_seq,
    created_at = :created_at, digests = :digests, statement = :statement"""
CUT = "DELETE FROM audit_checkpoints WHERE tenant = :tenant AND number < :number"
DELETE = """
DELETE FROM audit WHERE tenant = :tenant AND id IN (
    SELECT id FROM audit WHERE tenant = :tenant AND seq <= :last_seq ORDER BY seq LIMIT :limit
) RETURNING 1"""
FIND_TURN = """
SELECT holder, until, position, attempts, failure FROM audit_turns WHERE tenant = :tenant AND name = :name"""
# A claim that goes further than any does was made by a clock that is ahead: nobody waits for it.
LONGEST_SECONDS = {"work": 60, "rest": 7200}  # of who works, and of who rests after failing
CLAIM = f"""
INSERT INTO audit_turns (tenant, name, holder, until, position, attempts, failure)
VALUES (:tenant, :name, :holder, :until, :position, 0, '')
ON CONFLICT (tenant, name) DO UPDATE SET holder = :holder, until = :until
WHERE audit_turns.until <= :now OR audit_turns.holder = :holder OR audit_turns.until - :now >
    CASE WHEN audit_turns.attempts = 0 THEN {LONGEST_SECONDS["work"]} ELSE {LONGEST_SECONDS["rest"]} END
RETURNING holder, until, position, attempts, failure"""
SETTLE = """
UPDATE audit_turns SET until = :until, position = :position, attempts = :attempts, failure = :failure
WHERE tenant = :tenant AND name = :name AND holder = :holder RETURNING 1"""


class SQLAuditChain:
    """`storage.chain.AuditChain`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def is_waiting(self) -> bool:
        return bool(await self._connection.query(IS_WAITING))

    async def link(self, after: int, limit: int) -> Sequence[Kept]:
        rows = await self._connection.query(LINK, after=after, limit=limit)
        return sorted((Kept(*row) for row in rows), key=lambda kept: kept.seq)

    async def list(self, after: int, until: int, limit: int) -> Sequence[Kept]:
        rows = await self._connection.query(LIST, after=after, until=until, limit=limit)
        return [Kept(*row) for row in rows]

    async def waiting(self) -> tuple[int, int]:
        count, at = (await self._connection.query(WAITING))[0]
        return count, at or 0

    async def outside(self) -> int | None:
        found: int | None = (await self._connection.query(OUTSIDE))[0][0]
        return found

    async def last(self) -> Checkpoint | None:
        rows = await self._connection.query(LAST)
        return Checkpoint(*rows[0]) if rows else None

    async def checkpoints(self, after: int = 0, limit: int = 100) -> Sequence[Checkpoint]:
        return [
            Checkpoint(*row) for row in await self._connection.query(CHECKPOINTS, after=after, limit=limit)
        ]

    async def put(self, checkpoint: Checkpoint) -> None:
        await self._connection.write(PUT, **{name: getattr(checkpoint, name) for name in POINTS})

    async def cut(self, number: int) -> None:
        await self._connection.write(CUT, number=number)

    async def delete(self, last_seq: int, limit: int) -> int:
        return len(await self._connection.query(DELETE, last_seq=last_seq, limit=limit))


class SQLAuditTurns:
    """`storage.chain.AuditTurns`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, name: str) -> Turn | None:
        rows = await self._connection.query(FIND_TURN, name=name)
        return Turn(*rows[0]) if rows else None

    async def claim(self, name: str, holder: str, now: int, until: int, position: int = 0) -> Turn | None:
        rows = await self._connection.query(
            CLAIM, name=name, holder=holder, now=now, until=until, position=position
        )
        return Turn(*rows[0]) if rows else None

    async def settle(self, name: str, turn: Turn) -> bool:
        return bool(
            await self._connection.query(
                SETTLE,
                name=name,
                holder=turn.holder,
                until=turn.until,
                position=turn.position,
                attempts=turn.attempts,
                failure=turn.failure,
            )
        )
