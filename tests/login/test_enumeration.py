"""Nobody learns by time or words who has an account, a passkey or a protected login: measured in process.

Times are compared as `tests/flows/test_enumeration.py` explains: a difference counts if fresh samples show it again.
They are this process's own, so that others on the machine do not hide what one signature costs.
"""

from __future__ import annotations

import dataclasses
import gc
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.authenticators import table
from idp.config.lockout import Lockout
from idp.config.protect import ProtectSettings
from idp.outcome import Challenge, Outcome
from idp.policy import Require, Rule
from keys import base64url
from keys.secret import Secret
from keys.token import new_token
from storage.records import User
from tests.login.conftest import NOW, PASSWORD, TOTP_SECRET, House
from tests.login.phone import Phone
from tests.passkey import SoftKey
from tests.statistics import Times, differing, unseen

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
ORIGIN = "https://acme.example.com"
STEPS = ("name", "answer")
SAMPLES = 4  # at most
PLANTED = 2.0  # spreads
EACH = 6  # names of every kind
KINDS = ("real", "unknown", "disabled", "factorless")

Answer = Callable[[Challenge], str]
Seen = dict[str, dict[str, list[float]]]


def generous(house: House, *required: str, **settings: Any) -> None:
    """A rule for everybody, and a budget that nobody spends here."""
    changed = {"lockout": Lockout(failures=100, seconds=600), **settings}
    tenant = house.tenant
    house.tenant = dataclasses.replace(
        tenant,
        rules=(Rule("all", Require("all", required)),),
        settings=tenant.settings.model_copy(update=changed),
    )


async def add(house: House, kind: str, number: int, **given: dict[str, str]) -> User:
    """Names of all kinds are equally long."""
    user = await house.add(f"{kind[:4]}{number}", **given)
    if kind == "disabled":
        async with house.store.transaction(house.tenant.name) as tx:
            await tx.users.replace(dataclasses.replace(user, disabled_at=NOW))
    return user


def looks(outcome: Outcome) -> object:
    """What a page can show of it."""
    assert isinstance(outcome, Challenge), outcome
    listed = outcome.prompt.get("options", {}).get("allowCredentials", ())
    ids = [(len(one["id"]), tuple(one.get("transports", ()))) for one in listed]
    told = outcome.retry, outcome.stale, outcome.last_try, outcome.other, outcome.unreachable
    return outcome.authenticator, *told, sorted(outcome.prompt), ids


async def observe(
    house: House, kinds: Sequence[str], rounds: int, typed: Answer, shapes: dict[str, set[object]]
) -> Seen:
    """Type a name and an answer, each kind as often, in turns of no order."""
    seen: Seen = {kind: {step: [] for step in STEPS} for kind in kinds}
    for number in range(rounds):
        for kind in random.sample(list(kinds), len(kinds)):
            house.caller = dataclasses.replace(house.caller, browser=new_token(), session=None)
            page = await house.begin("wiki")
            for step in STEPS:
                assert isinstance(page, Challenge)
                text = f"{kind[:4]}{number % EACH}" if step == "name" else typed(page)
                began = time.process_time()
                page = await house.answer(page, text)
                seen[kind][step].append(time.process_time() - began)
                shapes.setdefault(step, set()).add(str(looks(page)))
    return seen


async def check(house: House, kinds: Sequence[str], typed: Answer, rounds: int) -> None:
    shapes: dict[str, set[object]] = {}
    samples: list[Times] = []
    gc.disable()  # it would come at random, and to whoever is measured then
    try:
        await observe(house, kinds, EACH, typed, shapes)  # warm
        while not samples or (len(samples) < SAMPLES and (differing(samples) or unseen(samples, PLANTED))):
            samples.append(await observe(house, kinds, rounds, typed, shapes))
    finally:
        gc.enable()
    assert {step: len(seen) for step, seen in shapes.items()} == dict.fromkeys(STEPS, 1), shapes
    assert differing(samples) == []
    assert unseen(samples, PLANTED) == [], "the method sees a leak"


async def test_nobody_learns_who_has_a_passkey(new_house: Callable[[str], House]) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, factor-less and real users: same body shape and time, also where a passkey
    is asked for: the ids that are shown are as many and as long, and a signature costs as much whoever is asked."""
    house = new_house("acme")
    section = table.find("passkey").Settings().at(house.tenant.settings.base_url)  # type: ignore[attr-defined]
    opened = table.open_authenticators({"passkey": section}, house.tenant.vault)
    house.tenant = dataclasses.replace(house.tenant, authenticators=opened)
    generous(house, "passkey")
    passkey: Any = opened["passkey"]
    mine, forged = SoftKey(ORIGIN), ec.generate_private_key(ec.SECP256R1())
    for number in range(EACH):
        for kind in ("real", "disabled", "factorless"):
            user = await add(house, kind, number)
            if kind != "factorless":
                async with house.store.transaction("acme") as tx:
                    proposed = await passkey.propose(tx, user, b"c" * 32)
                    made = passkey.accept(user, b"c" * 32, Secret(mine.create(proposed)), "", NOW)
                    await tx.credentials.add(made)

    def forge(page: Challenge) -> str:
        """Signed by a key of the guesser's own, for an id that was shown."""
        shown = page.prompt["options"]
        key_id = base64url.decode(shown["allowCredentials"][0]["id"].encode())
        guesser = SoftKey(ORIGIN, held={key_id: (forged, b"x")})
        return guesser.get(shown, key_id=key_id)

    await check(house, KINDS, forge, 40)


async def test_nobody_learns_whose_logins_are_protected(new_house: Callable[[str], House]) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, factor-less, protected and real users: same body shape and time, with a
    wrong answer, and of protected ones with a right one too (`test_release.py`)."""
    house = new_house("acme")
    generous(house, "password", protect=ProtectSettings(use="optional"))
    kinds = ("real", "unknown", "protected", "disabled", "factorless")
    for number in range(EACH):
        for kind in kinds:
            if kind == "unknown":
                continue
            held = {} if kind == "factorless" else {"password": {"password": PASSWORD}}
            token = {"totp": {"secret": TOTP_SECRET}} if kind == "protected" else {}
            user = await add(house, kind, number, **held, **token)
            assert not token or await Phone(house, user.username, TOTP_SECRET).register()
    await check(house, kinds, house.wrong, 16)
