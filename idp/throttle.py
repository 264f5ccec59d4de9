"""Budgets for guesses: every door and every page that checks a secret spends here, before it looks at the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from idp.config.lockout import Lockout
from storage import Transaction
from storage.quick import quick
from storage.records import Budget

EVALUATION_SECONDS: Final = 10  # no answer is looked at for longer
STRANGER: Final = ""  # whoever asks from nowhere that is known


@quick
@dataclass(frozen=True, slots=True)
class Spent:
    """One guess was counted. `until` is when the next is looked at, if none is left, else when the count ends."""

    evaluate: bool  # within the budget: look at the answer, then `refund` or `charge` it
    left: int  # further guesses that are looked at without waiting
    until: int  # epoch seconds
    undecided: bool = False  # beyond the budget only if those before it, still being looked at, are all wrong
    slows: bool = False  # there is a wait where others are locked
    is_first: bool = False  # nothing else is counted

    @property
    def is_last_try(self) -> bool:
        """Whether another wrong answer locks."""
        return self.left == 1 and not self.slows

    @property
    def locks(self) -> bool:
        """Whether it locks, if it is wrong."""
        return self.evaluate and self.left == 0 and not self.slows


def subject(username: str, authenticator: str, device: str = STRANGER) -> str:
    """Guesses count against the name as it was typed, whether anyone has it or not: both lock alike.

    And for each authenticator by itself. Whoever knows the password can finish a login that asks for no more, and
    must not thereby get new guesses at the code. `device` is the id of a known one, whose guesses count there.
    """
    # No authenticator's name has a blank.
    return f"device {device}:{authenticator}" if device else f"{authenticator}:{username}"


async def spend(
    tx: Transaction,
    lockout: Lockout,
    username: str,
    authenticator: str,
    now: int,
    *,
    at_once: bool = False,
    device: str = STRANGER,
) -> Spent:
    """Count a guess, atomically and before it is evaluated: a hundred at once are a hundred.

    `at_once` says that this transaction looks at it without a commit in between: nobody else can meet it
    undecided, and where it is wrong it need not be charged. `lockout` is that of the device, if it is known.
    """
    counted, slows = subject(username, authenticator, device), lockout.mode == "slow"
    budget = await tx.budgets.spend(counted, lockout.failures, lockout.seconds, now, pending=not at_once)
    if budget.failures > lockout.failures and slows:
        return await _spend_late(tx, lockout, counted, now, at_once=at_once)
    left = max(0, lockout.failures - budget.failures)
    if budget.failures > lockout.failures:
        return Spent(False, left, budget.until, _is_undecided(lockout, budget, now))
    until = budget.until if left else now + lockout.wait(budget.failures)
    return Spent(True, left, until, slows=slows, is_first=budget.failures == 1)


async def _spend_late(tx: Transaction, lockout: Lockout, counted: str, now: int, *, at_once: bool) -> Spent:
    """One more than the budget allows is looked at once the wait is over; one that comes earlier changes nothing."""
    held = await tx.budgets.find(counted)
    assert held is not None  # nobody can forget it: the statement that found it spent has locked it
    due = held.until - lockout.seconds + lockout.wait(held.failures)
    exceeded = (
        await tx.budgets.exceed(held, lockout.seconds, now, pending=not at_once) if due <= now else None
    )
    if exceeded is None:
        return Spent(False, 0, max(due, now + 1), _is_undecided(lockout, held, now), slows=True)
    return Spent(True, 0, now + lockout.wait(exceeded.failures), slows=True)


def _is_undecided(lockout: Lockout, budget: Budget, now: int) -> bool:
    """Whether some of what is counted may turn out to be right.

    A process that died in the middle never says how its guesses were: it is believed for a while.
    """
    return budget.pending > 0 and now - (budget.until - lockout.seconds) < EVALUATION_SECONDS


async def refund(tx: Transaction, username: str, authenticator: str, device: str = STRANGER) -> None:
    """The answer was right and more is asked: it does not count, and what was wrong before still does."""
    await tx.budgets.refund(subject(username, authenticator, device))


async def charge(tx: Transaction, username: str, authenticator: str, device: str = STRANGER) -> None:
    """The answer was wrong: it stays counted."""
    await tx.budgets.charge(subject(username, authenticator, device))


async def unlock(
    tx: Transaction, username: str, authenticators: Iterable[str], devices: Iterable[str] = (STRANGER,)
) -> bool:
    """Forget wrong answers: to what was proven, since the login succeeded; or to all, as an operator said."""
    whose = tuple(devices)
    forgotten = [
        await tx.budgets.delete(subject(username, name, device))
        for name in authenticators
        for device in whose
    ]
    return any(forgotten)
