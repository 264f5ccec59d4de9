"""One guess at a secret, wherever it is typed: counted before it is looked at, and recorded if it is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from idp import throttle
from idp.authenticators import Busy, Unreachable
from idp.throttle import Spent
from idp.visit import Visit


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


async def spend(visit: Visit, guess: Guess, is_right: Callable[[], Awaitable[bool]]) -> Wrong | None:
    """None if the answer is right, which is looked at within the budget only. Raises `Busy` with nothing counted."""
    tx, username, authenticator = visit.tx, guess.username, guess.authenticator
    lockout, at_once = visit.tenant.settings.lockout, guess.at_once
    spent = await throttle.spend(tx, lockout, username, authenticator, visit.now, at_once=at_once)
    if spent.undecided:  # a right answer among many at once is not told that the name is locked
        raise Busy
    try:
        is_right_one = spent.evaluate and await is_right()
    except Unreachable:
        await throttle.refund(tx, username, authenticator)
        await tx.commit()  # for whoever has nothing else to keep lets this transaction go
        raise
    if is_right_one:
        await throttle.refund(tx, username, authenticator)
        return None
    if spent.evaluate and not at_once:
        await throttle.charge(tx, username, authenticator)
    reference = await visit.record(
        "proof.refused" if spent.evaluate else "proof.locked",
        user_id=guess.user_id,
        service=guess.service,
        username=username,
        authenticator=authenticator,
    )
    return Wrong(spent, reference)
