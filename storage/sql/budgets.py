"""Budgets of guesses: counted in one statement, before a guess is evaluated."""

from __future__ import annotations

from storage.records import Budget
from storage.sql.connection import Connection

# Three cases of one row: the count has run out and begins anew; the guess is within the limit; it is refused,
# and then neither prolongs the lock nor counts further. `budgets.` names the row as it was.
SPEND = """
INSERT INTO budgets (tenant, subject, failures, until) VALUES (:tenant, :subject, 1, :now + :seconds)
ON CONFLICT (tenant, subject) DO UPDATE SET
    failures = CASE
        WHEN budgets.until <= :now THEN 1
        WHEN budgets.failures < :limit THEN budgets.failures + 1
        ELSE :limit + 1
    END,
    until = CASE
        WHEN budgets.until <= :now OR budgets.failures < :limit THEN :now + :seconds
        ELSE budgets.until
    END
RETURNING subject, failures, until"""
REFUND = """
UPDATE budgets SET failures = failures - 1 WHERE tenant = :tenant AND subject = :subject AND failures > 0"""
FIND = "SELECT subject, failures, until FROM budgets WHERE tenant = :tenant AND subject = :subject"
DELETE = "DELETE FROM budgets WHERE tenant = :tenant AND subject = :subject RETURNING 1"


class SQLBudgets:
    """`storage.contract.Budgets`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def spend(self, subject: str, limit: int, seconds: int, now: int) -> Budget:
        rows = await self._connection.query(SPEND, subject=subject, limit=limit, seconds=seconds, now=now)
        return Budget(*rows[0])

    async def refund(self, subject: str) -> None:
        await self._connection.write(REFUND, subject=subject)

    async def find(self, subject: str) -> Budget | None:
        rows = await self._connection.query(FIND, subject=subject)
        return Budget(*rows[0]) if rows else None

    async def delete(self, subject: str) -> bool:
        return bool(await self._connection.query(DELETE, subject=subject))
