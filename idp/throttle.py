"""Budgets for guesses: every door and every page that checks a secret spends here, before it looks at the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from idp.config.tenant import Lockout
from storage import Transaction

EVALUATION_SECONDS: Final = 10  # no answer is looked at for longer


@dataclass(frozen=True, slots=True)
class Spent:
    """One guess was counted. `until` is when the count ends (epoch seconds)."""

    evaluate: bool  # within the budget: look at the answer, then `refund` or `charge` it
    left: int  # further guesses before the lock
    until: int
    undecided: bool = False  # beyond the budget only if those before it, still being looked at, are all wrong


def subject(username: str, authenticator: str) -> str:
    """Guesses count against the name as it was typed, whether anyone has it or not: both lock alike.

    And for each authenticator by itself. Whoever knows the password can finish a login that asks for no more, and
    must not thereby get new guesses at the code.
    """
    return f"{authenticator}:{username}"


async def spend(
    tx: Transaction, lockout: Lockout, username: str, authenticator: str, now: int, *, at_once: bool = False
) -> Spent:
    """Count a guess, atomically and before it is evaluated: a hundred at once are a hundred.

    `at_once` says that this transaction looks at it without a commit in between: nobody else can meet it
    undecided, and where it is wrong it need not be charged.
    """
    counted = subject(username, authenticator)
    budget = await tx.budgets.spend(counted, lockout.failures, lockout.seconds, now, pending=not at_once)
    left = max(0, lockout.failures - budget.failures)
    evaluate = budget.failures <= lockout.failures
    # A process that died in the middle never says how its guesses were: for how long is that believed?
    is_fresh = now - (budget.until - lockout.seconds) < EVALUATION_SECONDS
    return Spent(evaluate, left, budget.until, not evaluate and budget.pending > 0 and is_fresh)


async def refund(tx: Transaction, username: str, authenticator: str) -> None:
    """The answer was right and more is asked: it does not count, and what was wrong before still does."""
    await tx.budgets.refund(subject(username, authenticator))


async def charge(tx: Transaction, username: str, authenticator: str) -> None:
    """The answer was wrong: it stays counted."""
    await tx.budgets.charge(subject(username, authenticator))


async def unlock(tx: Transaction, username: str, authenticators: Iterable[str]) -> bool:
    """Forget wrong answers: to what was proven, since the login succeeded; or to all, as an operator said."""
    forgotten = [await tx.budgets.delete(subject(username, name)) for name in authenticators]
    return any(forgotten)
