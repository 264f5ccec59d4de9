"""One guess at a secret, wherever it is typed: counted before it is looked at, and recorded if it is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from idp import release, throttle
from idp.authenticators import Busy
from idp.release import Leave
from idp.throttle import Spent
from idp.visit import Visit

Look = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Guess:
    """Who is said to prove himself, with what, for what."""

    username: str
    user_id: str | None
    authenticator: str
    service: str
    at_once: bool = False  # see `Authenticator.at_once`


@dataclass(frozen=True, slots=True)
class Wrong:
    """The answer was not right, or no more answers are looked at. `reference` finds the audit record."""

    spent: Spent
    reference: str


async def _nowhere() -> bool:
    return False


async def spend(
    visit: Visit, guess: Guess, is_right: Look, unreleased: Look = _nowhere, leave: Leave | None = None
) -> Wrong | None:
    """None if the answer is right, which is looked at within the budget only. Raises `Busy` with nothing counted.

    Where the user's logins are protected it is looked at within a release only, whose budget is its own; otherwise
    `unreleased` is done instead, which should cost as much and is never believed. What is shown is the count that
    every name has. `leave` is what `release.leave` said, if it was asked before.
    """
    leave = leave or await release.leave(visit, guess.user_id)
    names = (guess.username, *leave.names)
    counts = [await _count(visit, guess, name) for name in names]
    shown, deciding = counts[0], counts[-1]
    if deciding.undecided:  # a right answer among many at once is not told that the name is locked
        raise Busy
    look = unreleased if leave.is_closed else is_right
    right = deciding.evaluate and await look() and not leave.is_closed
    if right and await release.claim(visit, guess.user_id, leave):
        await _settle(visit, guess, names, counts, throttle.refund)
        return None
    if not guess.at_once:
        await _settle(visit, guess, names, counts, throttle.charge)
    return Wrong(shown, await _record(visit, guess, deciding, leave))


async def _count(visit: Visit, guess: Guess, name: str) -> Spent:
    lockout = visit.tenant.settings.lockout
    return await throttle.spend(
        visit.tx, lockout, name, guess.authenticator, visit.now, at_once=guess.at_once
    )


async def _settle(
    visit: Visit,
    guess: Guess,
    names: tuple[str, ...],
    counts: list[Spent],
    settle: Callable[..., Awaitable[None]],
) -> None:
    """Refund or charge wherever it was counted."""
    for name, count in zip(names, counts, strict=True):
        if count.evaluate:
            await settle(visit.tx, name, guess.authenticator)


async def _record(visit: Visit, guess: Guess, spent: Spent, leave: Leave) -> str:
    return await visit.record(
        "proof.refused" if spent.evaluate else "proof.locked",
        user_id=guess.user_id,
        service=guess.service,
        username=guess.username,
        authenticator=guess.authenticator,
        **({"unreleased": True} if leave.is_closed else {}),
    )
