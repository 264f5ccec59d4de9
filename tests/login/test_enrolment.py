"""Activating a device at login and by address: behind another proof, kept after its first code, limited."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pyotp
import pytest

from idp.authenticators import Refused, table
from idp.authenticators.totp import Totp
from idp.credentials import activation, enrolment
from idp.credentials.enrolment import Form
from idp.flow.guess import Wrong
from idp.login import Login, Typed
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from idp.policy import Require, Rule
from idp.visit import Visit
from keys.seal import Unsealable
from keys.secret import Secret
from tests.login.conftest import NOW, PASSWORD, House

one_store = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


@pytest.fixture
async def house(new_house: Callable[[str], House]) -> House:
    """dora has a password and is asked for a code as well; otto is asked for nothing but a code."""
    made = new_house("acme")
    await made.add("dora", "token", password={"password": PASSWORD})
    return made


def set_totp(house: House, **settings: object) -> Totp:
    """The tenant's codes with these settings."""
    section = table.find("totp").Settings.model_validate(settings)
    opened = table.open_authenticators({"totp": section}, house.tenant.vault)
    house.tenant = dataclasses.replace(house.tenant, authenticators={**house.tenant.authenticators, **opened})
    found = opened["totp"]
    assert isinstance(found, Totp)
    return found


def app(challenge: Outcome) -> pyotp.TOTP:
    """What an app reads from the page."""
    assert isinstance(challenge, Challenge), challenge
    assert challenge.authenticator == enrolment.QUESTION, challenge.authenticator
    read = pyotp.parse_uri(challenge.prompt["address"].reveal())
    assert isinstance(read, pyotp.TOTP)
    assert challenge.prompt["groups"].reveal().replace(" ", "") == read.secret
    return read


async def fill(house: House, challenge: Outcome, code: str, pin: str = "", name: str = "") -> Outcome:
    """Send the form of the page."""
    assert isinstance(challenge, Challenge), challenge
    given = {enrolment.PIN: pin, enrolment.NAME: name}

    def typed(question: str) -> Secret:
        return Secret(given.get(question, code))

    answer: Typed = typed
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        return await Login().answer(visit, challenge.interaction_id, challenge.step, answer)


async def to_device(house: House, name: str = "dora") -> Outcome:
    return await house.answer(await house.answer(await house.begin(), name), PASSWORD)


async def held(house: House, name: str = "dora") -> list[str]:
    async with house.store.snapshot(house.tenant.name) as tx:
        return [one.name for one in await tx.credentials.list(f"id-{name}", "totp")]


async def test_who_has_no_device_activates_one_behind_his_password(house: House) -> None:
    shown = await to_device(house)
    device = app(shown)
    done = await fill(house, shown, device.at(NOW), name=" 業務用\u202e  phone\n")
    assert isinstance(done, Accept)
    assert done.authentication.amr == ("pwd", "otp", "mfa") or "otp" in done.authentication.amr
    assert await held(house) == ["業務用 phone"]
    assert await house.events("credential.activated") == 1
    asked = await to_device(house)
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "totp"
    again = await house.answer(asked, device.at(NOW))
    assert isinstance(again, Challenge), "the first code is used up"
    house.now += 30
    assert isinstance(await house.answer(again, device.at(house.now)), Accept)


@one_store
async def test_the_device_is_the_same_until_it_is_confirmed_and_stored_sealed(house: House) -> None:
    """THREAT_MODEL.md 30: a stolen database gives no TOTP secret, not of a device that is being activated either."""
    shown = await to_device(house)
    device = app(shown)
    wrong = await fill(house, shown, "000000")
    assert isinstance(wrong, Challenge)
    assert wrong.retry
    assert app(wrong).secret == device.secret
    reloaded = await house.show(wrong)
    assert app(reloaded).secret == device.secret
    async with house.store.snapshot(house.tenant.name) as tx:
        stored = await tx.interactions.find(wrong.interaction_id, NOW)
    assert stored is not None
    assert device.secret not in repr(stored)
    assert device.secret not in repr(wrong)
    assert await held(house) == []
    assert isinstance(await fill(house, reloaded, device.at(NOW)), Accept)


@one_store
@pytest.mark.parametrize("use", ["optional", "required"])
async def test_a_pin_is_chosen_with_the_device(house: House, use: str) -> None:
    set_totp(house, pin={"use": use})
    shown = await to_device(house)
    device = app(shown)
    short = await fill(house, shown, device.at(NOW), pin="123")
    assert isinstance(short, Challenge)
    assert (short.prompt["refused"], short.retry) == ("length", False)
    if use == "required":
        none = await fill(house, short, device.at(NOW))
        assert isinstance(none, Challenge)
        assert none.prompt["refused"] == "missing"
        short = none
    assert isinstance(await fill(house, short, device.at(NOW), pin="s3cret!"), Accept)
    house.now += 30
    asked = await to_device(house)
    again = await house.answer(asked, device.at(house.now))
    assert isinstance(again, Challenge)
    assert again.retry
    assert isinstance(await house.answer(again, device.at(house.now) + "s3cret!"), Accept)


@one_store
async def test_a_stranger_is_shown_no_device(house: House) -> None:
    """THREAT_MODEL.md 20: unknown and factor-less users are asked alike: a device is offered after a proof only."""
    await house.add("otto", "token")  # neither password nor device
    for name in ("otto", "nobody", "dora"):
        asked = await house.answer(await house.begin(), name)
        assert isinstance(asked, Challenge)
        assert asked.authenticator != enrolment.QUESTION
        assert (await house.answer(asked, "wrong")).authenticator == asked.authenticator  # type: ignore[union-attr]


@one_store
async def test_a_code_as_the_only_proof_activates_nothing(house: House) -> None:
    await house.add("vera", "staff")
    rules = (Rule("code", Require("code", ("totp",))),)
    house.tenant = dataclasses.replace(house.tenant, rules=rules)
    asked = await house.answer(await house.begin(), "vera")
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "totp"


@one_store
async def test_a_tenant_may_want_addresses_only(house: House) -> None:
    set_totp(house, at_login=False)
    asked = await to_device(house)
    assert isinstance(asked, Challenge)
    assert (asked.authenticator, asked.prompt) == ("totp", {})


@one_store
async def test_a_session_alone_activates_nothing_at_a_step_up(house: House) -> None:
    """Who sits down at a browser that somebody left gives a proof before he sees a device."""
    await house.add("sina", "staff", matrix={"pattern": "A1 F2 K3 L4 C2 G1"})
    assert isinstance(await house.login("sina"), Accept)
    house.now += 10
    asked = await house.begin("vpn")
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "matrix"
    shown = await house.answer(asked, house.right(asked))
    device = app(shown)
    assert isinstance(await fill(house, shown, device.at(house.now)), Accept)


@one_store
async def test_wrong_codes_of_a_new_device_spend_the_budget_of_codes(house: House) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret spends the same budget: activation too."""
    shown = await to_device(house)
    for _ in range(4):
        shown = await fill(house, shown, "000000")
        assert isinstance(shown, Challenge)
    assert shown.last_try
    locked = await fill(house, shown, "000000")
    assert isinstance(locked, Reject)
    assert locked.reason is Reason.LOCKED
    async with house.store.snapshot(house.tenant.name) as tx:
        budget = await tx.budgets.find("totp:dora")
    assert budget is not None
    assert budget.failures == 5


async def test_a_hundred_wrong_codes_at_once_are_a_hundred_guesses(house: House) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: no more codes of a device are looked at than
    the budget allows, over all pages that ask for one."""
    link = await issue(house)

    async def guess() -> object:
        async with house.store.transaction(house.tenant.name) as tx:
            visit = Visit(tx, house.tenant, house.caller, house.now)
            found = await activation.find(visit, link)
            assert found is not None
            device = found[1].propose(found[2], house.now)
            return await activation.complete(visit, found, device, Form(Secret("000000"), Secret(""), ""))

    outcomes = await asyncio.gather(*(guess() for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(one, Wrong) and one.spent.evaluate for one in outcomes) == 5
    assert await house.events("proof.refused") == 5
    assert await held(house) == []


@one_store
async def test_an_empty_or_repeated_form_activates_nothing(house: House) -> None:
    """THREAT_MODEL.md 19: Empty post, old step: never advances, a device that is being activated included."""
    shown = await to_device(house)
    device = app(shown)
    empty = await fill(house, shown, "")
    assert isinstance(empty, Challenge)
    assert empty.stale
    old = await fill(house, dataclasses.replace(empty, step=shown.step), device.at(NOW))  # type: ignore[arg-type,type-var]
    assert isinstance(old, Challenge)
    assert old.stale
    assert await held(house) == []


async def test_of_two_logins_that_activate_at_once_one_keeps_its_device(house: House) -> None:
    """Each was shown a device of its own; the other is then asked for a code of the one that was kept."""
    shown = [await to_device(house) for _ in range(5)]
    outcomes = await asyncio.gather(*(fill(house, one, app(one).at(NOW)) for one in shown))
    assert sum(isinstance(one, Accept) for one in outcomes) == 1
    others = [one for one in outcomes if isinstance(one, Challenge)]
    assert {(one.authenticator, one.stale) for one in others} == {("totp", True)}
    assert len(await held(house)) == 1


async def issue(house: House) -> Secret:
    totp = house.tenant.authenticators["totp"]
    assert isinstance(totp, Totp)
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find("id-dora")
        assert user is not None
        return await activation.issue(tx, totp, user, house.now)


async def use(house: House, link: Secret, name: str = "", sealed_for: str = "") -> int | Wrong | None:
    """Open the address, let an app read it and type its code: how many uses are left, None if it is over."""
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        found = await activation.find(visit, link)
        if found is None:
            return None
        _, totp, user = found
        device = totp.propose(dataclasses.replace(user, id=sealed_for or user.id), house.now)
        read = pyotp.parse_uri(totp.provisioning(device, "dora", "Acme").reveal())
        assert isinstance(read, pyotp.TOTP)
        device = dataclasses.replace(device, user_id=user.id)
        form = Form(Secret(read.at(house.now)), Secret(""), name)
        return await activation.complete(visit, found, device, form)


async def test_an_address_activates_as_many_devices_as_it_may(house: House) -> None:
    set_totp(house, devices=3, activations=2)
    link = await issue(house)
    assert await use(house, link, "one") == 1
    assert await use(house, link, "two") == 0
    assert await use(house, link, "three") is None
    assert sorted(await held(house)) == ["one", "two"]


@one_store
async def test_a_user_has_no_more_devices_than_he_may(house: House) -> None:
    set_totp(house, devices=1, activations=2)
    link = await issue(house)
    await use(house, link, "one")
    with pytest.raises(Refused) as refused:
        await use(house, link, "two")
    assert refused.value.rule == enrolment.TAKEN
    assert await held(house) == ["one"]


@one_store
async def test_a_new_address_kills_the_old_and_what_it_activated(house: House) -> None:
    old = await issue(house)
    await use(house, old, "old phone")
    new = await issue(house)
    assert await held(house) == []
    assert await use(house, old) is None
    assert await use(house, new, "new phone") == 1


@one_store
async def test_an_address_ends_in_days_and_with_its_user(house: House) -> None:
    link = await issue(house)
    house.now += 7 * 86_400
    assert await use(house, link) is None
    house.now = NOW
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find("id-dora")
        assert user is not None
        await tx.users.replace(dataclasses.replace(user, disabled_at=NOW))
    assert await use(house, link) is None
    assert await use(house, Secret("")) is None


@one_store
async def test_a_device_that_was_shown_to_somebody_else_is_not_kept(house: House) -> None:
    """THREAT_MODEL.md 30: a sealed device copied to another user does not open."""
    with pytest.raises(Unsealable):
        await use(house, await issue(house), sealed_for="id-mallory")


async def test_of_fifty_uses_at_once_no_more_devices_are_kept_than_may_be(house: House) -> None:
    """THREAT_MODEL.md 15: of 50 parallel uses of one address no more succeed than it is good for."""
    settings = house.tenant.settings.model_copy(
        update={"lockout": house.tenant.settings.lockout.model_copy(update={"failures": 100})}
    )
    house.tenant = dataclasses.replace(house.tenant, settings=settings)
    set_totp(house, devices=10, activations=2)
    link = await issue(house)
    outcomes = await asyncio.gather(*(use(house, link) for _ in range(50)), return_exceptions=True)
    assert sorted(one for one in outcomes if isinstance(one, int)) == [0, 1]
    assert len(await held(house)) == 2
