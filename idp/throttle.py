"""Budgets for guesses: every door and every page that checks a secret spends here, before it looks at the answer."""

from __future__ import annotations

from dataclasses import dataclass

from idp.config.tenant import Lockout
from storage import Transaction


@dataclass(frozen=True, slots=True)
class Spent:
    """One guess was counted. `until` is when the count ends (epoch seconds)."""

    evaluate: bool  # within the budget: look at the answer
    left: int  # further guesses before the lock
    until: int


def subject(username: str) -> str:
    """Guesses count against the name as it was typed, whether anyone has it or not: both lock alike."""
    return f"name:{username}"


async def spend(tx: Transaction, lockout: Lockout, username: str, now: int) -> Spent:
    """Count a guess, atomically and before it is evaluated: a hundred at once are a hundred."""
    budget = await tx.budgets.spend(subject(username), lockout.failures, lockout.seconds, now)
    left = max(0, lockout.failures - budget.failures)
    return Spent(budget.failures <= lockout.failures, left, budget.until)


async def refund(tx: Transaction, username: str) -> None:
    """The answer was right and more is asked: it does not count, and what was wrong before still does."""
    await tx.budgets.refund(subject(username))


async def unlock(tx: Transaction, username: str) -> bool:
    """Forget all wrong answers: the login succeeded, or an operator said so."""
    return await tx.budgets.delete(subject(username))
