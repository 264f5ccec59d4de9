"""One guess at a secret, wherever it is typed: counted before it is looked at, and recorded if it is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from idp import throttle
from idp.authenticators import Busy, Unreachable
from idp.flow import known_devices, release
from idp.flow.release import Leave
from idp.monitoring.noting import Proved
from idp.throttle import Spent
from idp.visit import Visit
from storage.quick import quick
from storage.records import User

Look = Callable[[], Awaitable[bool]]


@quick
@dataclass(frozen=True, slots=True)
class Guess:
    """Who is said to prove himself, with what, for what."""

    username: str
    user_id: str | None
    authenticator: str
    service: str
    at_once: bool = False  # see `Authenticator.at_once`
    about: dict[str, object] = field(default_factory=dict)  # what `Look` found out, for the audit log


@quick
@dataclass(frozen=True, slots=True)
class Wrong:
    """The answer was not right, or no more answers are looked at. `reference` finds the audit record."""

    spent: Spent
    reference: str


@quick
@dataclass(frozen=True, slots=True)
class _Count:
    """Where a guess was counted: `throttle.refund` and `charge` find it by these."""

    name: str
    device: str
    spent: Spent


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
    device = known_devices.budget_of(await known_devices.find(visit, guess.user_id), guess.authenticator)
    counts = [await _count(visit, guess, guess.username, device)]
    counts += [await _count(visit, guess, name) for name in leave.names]
    shown, deciding = counts[0].spent, counts[-1].spent
    if deciding.undecided:  # a right answer among many at once is not told that the name is locked
        raise Busy
    look = unreleased if leave.is_closed else is_right
    try:
        right = deciding.evaluate and await look() and not leave.is_closed
    except Unreachable:
        await _settle(visit, guess, counts, throttle.refund)
        await visit.tx.commit()  # for whoever has nothing else to keep lets this transaction go
        raise
    if right and await release.claim(visit, guess.user_id, leave):
        await _refund(visit, guess, counts)
        visit.tx.notes.add(Proved(guess.authenticator))
        return None
    if not guess.at_once:
        await _settle(visit, guess, counts, throttle.charge)
    about: dict[str, object] = {"device": device} if device else {}
    if leave.is_closed:
        about["unreleased"] = True
    return Wrong(shown, await _record(visit, guess, deciding, about))


async def _count(visit: Visit, guess: Guess, name: str, device: str = throttle.STRANGER) -> _Count:
    lockout = visit.tenant.settings.lockout
    spent = await throttle.spend(
        visit.tx,
        lockout.of_known_device if device else lockout,
        name,
        guess.authenticator,
        visit.now,
        at_once=guess.at_once,
        device=device,
    )
    return _Count(name, device, spent)


async def _settle(
    visit: Visit, guess: Guess, counts: Sequence[_Count], settle: Callable[..., Awaitable[None]]
) -> None:
    """Refund or charge wherever it was counted."""
    for count in counts:
        if count.spent.evaluate:
            await settle(visit.tx, count.name, guess.authenticator, count.device)


async def _refund(visit: Visit, guess: Guess, counts: Sequence[_Count]) -> None:
    """Not counted any more. Most are the first: then nothing is left, which needs no second statement later."""
    spent = [count for count in counts if count.spent.evaluate]
    for count in spent:
        if guess.at_once and count.spent.is_first:  # nor was there time for another
            await throttle.unlock(visit.tx, count.name, [guess.authenticator], [count.device])
            visit.forgiven.add(throttle.subject(count.name, guess.authenticator, count.device))
        else:
            await throttle.refund(visit.tx, count.name, guess.authenticator, count.device)


async def _record(visit: Visit, guess: Guess, spent: Spent, about: Mapping[str, object]) -> str:
    return await visit.record(
        "proof.refused" if spent.evaluate else "proof.locked",
        user_id=guess.user_id,
        service=guess.service,
        username=guess.username,
        authenticator=guess.authenticator,
        **guess.about,
        **about,
    )


async def forgive(visit: Visit, username: str, user: User, authenticators: Sequence[str]) -> None:
    """The login succeeded: forget the wrong answers to what was proven that were given here.

    At a known device those of strangers stay counted, who else had new guesses whenever he signs in.
    """
    device = await known_devices.find(visit, user.id)
    for name in authenticators:
        budget = known_devices.budget_of(device, name)
        if throttle.subject(username, name, budget) not in visit.forgiven:
            await throttle.unlock(visit.tx, username, [name], [budget])
