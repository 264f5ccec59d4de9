"""One guess at a secret, wherever it is typed: counted before it is looked at, and recorded if it is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from idp import known_devices, throttle
from idp.authenticators import Busy, Unreachable
from idp.throttle import Spent
from idp.visit import Visit
from storage.records import User


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
    device = known_devices.budget_of(await known_devices.find(visit, guess.user_id), authenticator)
    if device:
        lockout = lockout.of_known_device
    counted = username, authenticator
    spent = await throttle.spend(tx, lockout, *counted, visit.now, at_once=at_once, device=device)
    if spent.undecided:  # a right answer among many at once is not told that the name is locked
        raise Busy
    try:
        is_proven = spent.evaluate and await is_right()
    except Unreachable:
        await throttle.refund(tx, *counted, device)
        await tx.commit()  # for whoever has nothing else to keep lets this transaction go
        raise
    if is_proven:
        await throttle.refund(tx, *counted, device)
        return None
    if spent.evaluate and not at_once:
        await throttle.charge(tx, *counted, device)
    reference = await visit.record(
        "proof.refused" if spent.evaluate else "proof.locked",
        user_id=guess.user_id,
        service=guess.service,
        username=username,
        authenticator=authenticator,
        **({"device": device} if device else {}),
    )
    return Wrong(spent, reference)


async def forgive(visit: Visit, username: str, user: User, authenticators: Sequence[str]) -> None:
    """The login succeeded: forget the wrong answers to what was proven that were given here.

    At a known device those of strangers stay counted, who else had new guesses whenever he signs in.
    """
    device = await known_devices.find(visit, user.id)
    for name in authenticators:
        await throttle.unlock(visit.tx, username, [name], [known_devices.budget_of(device, name)])
