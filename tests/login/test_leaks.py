"""That nobody learns who has an account, by what is done for a name; and that what asks so would see a leak.

The same statistic looks at the product and at the product with a leak planted into it: every kind of name, in random
order, once for each of `ROUNDS`; what each step does is counted (`tests/login/work.py`). Nothing depends on a clock, so
there are no false alarms: where two kinds are done the same work, the counts are equal.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from idp.authenticators.matrix import Matrix
from idp.authenticators.password import Password
from idp.authenticators.safe import Held, Safe
from idp.authenticators.totp import Totp
from idp.config.lockout import Lockout
from idp.outcome import Challenge
from idp.policy import Require, Rule
from keys.secret import Secret
from keys.token import new_token
from storage.records import User
from storage.sql.person_keys import SETTLED_SECONDS
from tests.login.conftest import NOW, PASSWORD, PATTERN, TOTP_SECRET, House
from tests.login.work import counted

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

KINDS = ("real", "unknown", "disabled", "factorless")
STEPS = ("name", "answer")
EACH, ROUNDS = 2, 4
GIVEN = {
    "matrix": {"pattern": PATTERN}, "password": {"password": PASSWORD}, "totp": {"secret": TOTP_SECRET},
}  # fmt: skip

Seen = dict[str, dict[str, Counter[str]]]


@pytest.fixture
async def town(new_house: Callable[[str], House]) -> House:
    """People of every kind, by every method; who is unknown is not there."""
    house = new_house("acme")
    for method, given in GIVEN.items():
        for kind in KINDS:
            for number in range(EACH) if kind != "unknown" else ():
                held = {} if kind == "factorless" else {method: given}
                user: User = await house.add(f"{method[:2]}{kind[:4]}{number}", **held)
                if kind == "disabled":
                    async with house.store.transaction("acme") as tx:
                        await tx.users.replace(dataclasses.replace(user, disabled_at=NOW))
    return house


def ask_for(house: House, method: str) -> House:
    """The same town where that is what everybody is asked for."""
    settings = house.tenant.settings.model_copy(update={"lockout": Lockout(failures=100, seconds=600)})
    rules = (Rule("all", Require("all", (method,))),)
    return dataclasses.replace(
        house, tenant=dataclasses.replace(house.tenant, rules=rules, settings=settings)
    )


async def observe(house: House, method: str, rounds: int = ROUNDS) -> Seen:
    """What was done for each kind of name in each step, of all rounds together.

    Before it is counted every name was there once: the key of a person's records is made with the first of them, and
    that of a day's strangers is kept from its second minute on.
    """
    if rounds == ROUNDS:
        await observe(house, method, EACH)
        house.now += 2 * SETTLED_SECONDS
        await observe(house, method, 1)
    seen: Seen = {kind: {step: Counter() for step in STEPS} for kind in KINDS}
    for number in range(rounds):
        for kind in random.sample(KINDS, len(KINDS)):
            house.caller = dataclasses.replace(house.caller, browser=new_token(), session=None)
            page = await house.begin("wiki")
            for step in STEPS:
                assert isinstance(page, Challenge)
                typed = f"{method[:2]}{kind[:4]}{number % EACH}" if step == "name" else "00000000"
                with counted() as work:
                    page = await house.answer(page, typed)
                seen[kind][step].update(work)
    return seen


def differing(seen: Seen) -> set[tuple[str, str]]:
    """The kinds and steps for which other work is done than for a real user."""
    return {(kind, step) for kind in KINDS for step in STEPS if seen[kind][step] != seen["real"][step]}


@pytest.mark.parametrize("method", GIVEN)
async def test_every_name_is_the_same_work(town: House, method: str) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, factor-less and real users: same time: the same statements, as much
    decrypted, hashed and compared."""
    assert differing(await observe(ask_for(town, method), method)) == set()


def plant_no_decoy(patch: pytest.MonkeyPatch) -> None:
    """Where nobody holds anything nothing is decrypted: it was kept open."""
    real, kept = Safe.decoy, dict[Safe, Held]()

    def decoy(self: Safe) -> Held:
        if self not in kept:
            kept[self] = real(self)
        return kept[self]

    patch.setattr(Safe, "decoy", decoy)


def plant_early_refusal(patch: pytest.MonkeyPatch) -> None:
    """Nobody's answer is looked at: as whoever writes a login for the first time does it."""
    for kind, name in ((Matrix, "proven"), (Password, "verify"), (Totp, "verify")):
        patch.setattr(kind, name, _for_somebody(getattr(kind, name)))


def _for_somebody(real: Any) -> Any:
    async def looked(self: Any, tx: Any, user: User | None, prompt: Any, given: Secret, now: int) -> Any:
        return await real(self, tx, user, prompt, given, now) if user else None

    return looked


def plant_short_lookup(patch: pytest.MonkeyPatch) -> None:
    """Codes are computed of devices only that somebody holds: who has two costs twice of who has one."""
    real = Totp._step

    def step(self: Totp, device: Any, credential: Any, given: Any, now: int) -> int | None:
        return real(self, device, credential, given, now) if credential.user_id else None

    patch.setattr(Totp, "_step", step)


PLANTED = {
    "no decoy": (plant_no_decoy, tuple(GIVEN)),
    "early refusal": (plant_early_refusal, tuple(GIVEN)),
    "short lookup": (plant_short_lookup, ("totp",)),
}
CASES = [(leak, method) for leak, (_, methods) in PLANTED.items() for method in methods]


@pytest.mark.parametrize(("leak", "method"), CASES)
async def test_a_planted_leak_is_seen(
    town: House, leak: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """THREAT_MODEL.md 20: same time: the same statistic fails for what is no longer so, and for every kind of it."""
    PLANTED[leak][0](monkeypatch)
    assert ("unknown", "answer") in differing(await observe(ask_for(town, method), method))
