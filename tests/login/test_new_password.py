"""A password that has expired, or was given for the first login only, is changed before its owner goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from idp.authenticators import table
from idp.authenticators.password import Password
from idp.credentials import new_password
from idp.flow import direct, interaction
from idp.flow.wish import Wish
from idp.login import Login
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt, Require, Rule
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction
from tests.login.conftest import NOW, PASSWORD, TOTP_SECRET, House

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
NEW = "nine lives of a cat"
DAY = 86_400


@pytest.fixture
async def house(new_house: Callable[[str], House]) -> House:
    """paul needs no code, bob does."""
    made = new_house("acme")
    rules = Rule("words", Require("words", ("password",)), groups=frozenset({"words"}))
    made.tenant = dataclasses.replace(made.tenant, rules=(rules, *made.tenant.rules))
    await made.add("paul", "words", password={"password": PASSWORD})
    await made.add("bob", "token", password={"password": PASSWORD}, totp={"secret": TOTP_SECRET})
    return made


def set_password(house: House, **settings: object) -> Password:
    section = table.find("password").Settings.model_validate(settings)
    opened = table.open_authenticators({"password": section}, house.tenant.vault)
    house.tenant = dataclasses.replace(house.tenant, authenticators={**house.tenant.authenticators, **opened})
    found = opened["password"]
    assert isinstance(found, Password)
    return found


async def give(house: House, name: str) -> None:
    """A password for the next login only."""
    password = house.tenant.authenticators["password"]
    assert isinstance(password, Password)
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find(f"id-{name}")
        assert user is not None
        await tx.credentials.delete(user.id, "password")
        given = password.enrol(user, {"password": Secret(PASSWORD)}, house.now)
        await tx.credentials.add(password.initial(given))


async def enter(house: House, name: str, password: str = PASSWORD) -> Outcome:
    shown = await house.answer(await house.begin(wish=Wish(fresh=True)), name)
    return await house.answer(shown, password)


async def choose(house: House, page: Outcome, new: str, again: str | None = None) -> Outcome:
    assert isinstance(page, Challenge), page

    def typed(question: str) -> Secret:
        return Secret(new if again is None or question != new_password.AGAIN else again)

    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        return await Login().answer(visit, page.interaction_id, page.step, typed)


def why(page: Outcome) -> tuple[str, str, str]:
    assert isinstance(page, Challenge), page
    return page.authenticator, page.prompt["why"], page.prompt["refused"]


async def test_nothing_expires_unless_it_is_asked_for(house: House) -> None:
    """NIST SP 800-63B-4 §3.1.1.2."""
    house.now += 3650 * DAY
    assert isinstance(await enter(house, "paul"), Accept)


async def test_one_that_has_expired_is_changed_first(house: House) -> None:
    set_password(house, expires_days=90)
    house.now = NOW + 90 * DAY - 1
    assert isinstance(await enter(house, "paul"), Accept)
    house.now += 1
    page = await enter(house, "paul")
    assert why(page) == ("new_password", "expired", "")
    for new, again, rule in (
        (NEW, NEW + "x", "differs"), (PASSWORD, PASSWORD, "former"), ("short", "short", "too-short"),
        ("password1234", "password1234", "common"),
    ):  # fmt: skip
        page = await choose(house, page, new, again)
        assert why(page) == ("new_password", "expired", rule)
    assert isinstance(await choose(house, page, NEW), Accept)
    assert await house.events("password.changed") == 1
    assert isinstance(await enter(house, "paul", NEW), Accept)
    refused = await enter(house, "paul")
    assert isinstance(refused, Challenge)
    assert refused.retry
    house.now += 90 * DAY
    assert why(await enter(house, "paul", NEW))[1] == "expired"


async def test_one_that_was_given_is_changed_after_all_proofs_once(house: House) -> None:
    """THREAT_MODEL.md 15: it is chosen once; THREAT_MODEL.md 19: an empty form, and an old step, change nothing."""
    await give(house, "bob")
    page = await enter(house, "bob")
    assert isinstance(page, Challenge)
    assert page.authenticator == "totp", "who has seen it and lacks the token changes nothing"
    page = await house.answer(page, house.right(page))
    assert why(page) == ("new_password", "initial", "")
    assert house.caller.session is None
    empty = await choose(house, page, "")
    assert isinstance(empty, Challenge)
    assert (empty.stale, why(empty)[1]) == (True, "initial")
    old = await choose(house, dataclasses.replace(empty, step="old"), NEW)
    assert isinstance(old, Challenge)
    assert old.stale
    assert isinstance(await choose(house, old, NEW), Accept)
    twice = await choose(house, old, NEW + "x")
    assert isinstance(twice, Reject)
    assert twice.reason is Reason.EXPIRED
    house.now += 30
    assert isinstance(await house.answer(await enter(house, "bob", NEW), "000000"), Challenge)


@pytest.mark.parametrize("meanwhile", ["set", "reset", "disabled"])
async def test_nothing_is_kept_where_something_happened_meanwhile(house: House, meanwhile: str) -> None:
    await give(house, "paul")
    page = await enter(house, "paul")
    if meanwhile == "set":
        await give(house, "paul")
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find("id-paul")
        assert user is not None
        if meanwhile == "reset":
            await tx.credentials.delete(user.id, "password")
        elif meanwhile == "disabled":
            await tx.users.replace(dataclasses.replace(user, disabled_at=NOW))
    over = await choose(house, page, NEW)
    assert isinstance(over, Reject)
    assert over.reason is Reason.EXPIRED
    assert await house.events("password.changed") == 0


@pytest.mark.parametrize("change_first", [True, False])
async def test_where_nobody_can_be_asked_it_is_refused_or_not(house: House, change_first: bool) -> None:
    set_password(house, change_first=change_first)
    await give(house, "paul")
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        attempt = Attempt("radius", "wiki", house.caller.address, house.now)
        found = await direct.identify(
            visit, interaction.new(visit, attempt, Resume("radius", {}), None), "paul"
        )
        assert not isinstance(found, Reject)
        proven = await direct.answer(visit, *found, Secret(PASSWORD))
        assert isinstance(proven, Interaction)
        assert found[1] is not None
        done = await direct.conclude(visit, proven, found[1])
    assert isinstance(done, Reject if change_first else Accept)
    assert await house.events("login.denied") == int(change_first)
