"""Budgets of guesses: counted in one statement, before a guess is evaluated."""

from __future__ import annotations

import dataclasses

from storage.records import Budget
from storage.sql.connection import Connection

# Nothing is counted yet, as mostly: on SQLite the statement below takes twice as long, for the sake of what it returns.
FIRST = """
INSERT INTO budgets (tenant, subject, failures, until, pending)
VALUES (:tenant, :subject, 1, :until, :pending)
ON CONFLICT DO NOTHING"""
# The count has run out and begins anew, or the guess is within the limit. One that is not changes nothing, so
# that it neither prolongs the lock nor takes from those that are still being looked at. `budgets.` names the row as
# it was.
SPEND = """
INSERT INTO budgets (tenant, subject, failures, until, pending)
VALUES (:tenant, :subject, 1, :now + :seconds, :pending)
ON CONFLICT (tenant, subject) DO UPDATE SET
    failures = CASE WHEN budgets.until <= :now THEN 1 ELSE budgets.failures + 1 END,
    pending = CASE WHEN budgets.until <= :now THEN :pending ELSE budgets.pending + :pending END,
    until = :now + :seconds
WHERE budgets.until <= :now OR budgets.failures < :limit
RETURNING subject, failures, until, pending"""
# One that was counted or forgotten meanwhile is not as it was found.
EXCEED = """
UPDATE budgets SET failures = failures + 1, pending = pending + :pending, until = :now + :seconds
WHERE tenant = :tenant AND subject = :subject AND failures = :failures AND until = :until
RETURNING subject, failures, until, pending"""
REFUND = """
UPDATE budgets SET failures = failures - 1, pending = CASE WHEN pending > 0 THEN pending - 1 ELSE 0 END
WHERE tenant = :tenant AND subject = :subject AND failures > 0"""
CHARGE = """
UPDATE budgets SET pending = pending - 1 WHERE tenant = :tenant AND subject = :subject AND pending > 0"""
FIND = "SELECT subject, failures, until, pending FROM budgets WHERE tenant = :tenant AND subject = :subject"
DELETE = "DELETE FROM budgets WHERE tenant = :tenant AND subject = :subject"


class SQLBudgets:
    """`storage.budgets.Budgets`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def spend(
        self, subject: str, limit: int, seconds: int, now: int, *, pending: bool = True
    ) -> Budget:
        until = now + seconds
        if await self._connection.count(FIRST, subject=subject, until=until, pending=int(pending)):
            return Budget(subject, 1, until, int(pending))
        rows = await self._connection.query(
            SPEND, subject=subject, limit=limit, seconds=seconds, now=now, pending=int(pending)
        )
        if rows:
            return Budget(*rows[0])
        held = await self.find(subject)
        assert held is not None  # the statement has locked the row
        return dataclasses.replace(held, failures=limit + 1)

    async def exceed(self, budget: Budget, seconds: int, now: int, *, pending: bool = True) -> Budget | None:
        rows = await self._connection.query(
            EXCEED,
            subject=budget.subject,
            failures=budget.failures,
            until=budget.until,
            seconds=seconds,
            now=now,
            pending=int(pending),
        )
        return Budget(*rows[0]) if rows else None

    async def refund(self, subject: str) -> None:
        await self._connection.write(REFUND, subject=subject)

    async def charge(self, subject: str) -> None:
        await self._connection.write(CHARGE, subject=subject)

    async def find(self, subject: str) -> Budget | None:
        rows = await self._connection.query(FIND, subject=subject)
        return Budget(*rows[0]) if rows else None

    async def delete(self, subject: str) -> bool:
        return bool(await self._connection.count(DELETE, subject=subject))
