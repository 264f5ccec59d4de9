"""The exposure budget: logins that could be seen wear a pattern out, and then it is not enough alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_address

import pytest

from idp.authenticators import table
from idp.authenticators.matrix.settings import ExposureSettings, MatrixSettings
from idp.flow import direct, exposure, interaction
from idp.outcome import Accept, Challenge, Outcome, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction
from tests.login.conftest import PATTERN, House

BUDGET = 2
ON_SQLITE = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


def watched(house: House, **settings: object) -> House:
    """The same tenant with an exposure budget; its people keep what they hold."""
    limits = ExposureSettings.model_validate({"budget": BUDGET, "then": "totp", **settings})
    changed = table.open_authenticators({"matrix": MatrixSettings(exposure=limits)}, house.tenant.vault)
    house.tenant = replace(house.tenant, authenticators={**house.tenant.authenticators, **changed})
    return house


async def enter(house: House) -> Outcome:
    """A login of alice up to whatever comes after the table, in a browser that signed nobody in before."""
    house.caller = replace(house.caller, session=None)
    question = await house.answer(await house.begin(), "alice")
    return await house.answer(question, house.right(question))


async def seen(house: House) -> int:
    async with house.store.snapshot("acme") as tx:
        alice = await tx.users.find_by_name("alice")
        assert alice is not None
        return await exposure.logins(tx, alice)


@ON_SQLITE
async def test_past_the_budget_another_proof_is_asked_wherever_one_signs_in(house: House) -> None:
    watched(house, trusted_networks=["10.0.0.0/8"])
    for _ in range(BUDGET):
        assert isinstance(await enter(house), Accept)
    assert await house.events("matrix.exposed") == 1
    for address in ("192.0.2.7", "10.1.2.3"):
        house.caller = replace(house.caller, address=ip_address(address))
        asked = await enter(house)
        assert isinstance(asked, Challenge) and asked.authenticator == "totp"
    assert await seen(house) == BUDGET + 1
    assert isinstance(await house.answer(asked, house.right(asked)), Accept)


@ON_SQLITE
async def test_wrong_answers_and_unseen_logins_are_not_counted(house: House) -> None:
    watched(house, trusted_networks=["10.0.0.0/8"])
    question = await house.answer(await house.begin(), "alice")
    await house.answer(question, house.wrong(question))
    assert await seen(house) == 0
    outside = house.caller
    house.caller = replace(outside, address=ip_address("10.1.2.3"))
    assert isinstance(await enter(house), Accept) and await seen(house) == 0
    house.caller = replace(outside, keeps=True)  # becomes known: this one counts, the next does not
    outcome = await enter(house)
    assert isinstance(outcome, Accept) and await seen(house) == 1
    house.caller = replace(outside, device=outcome.device_secret)
    assert isinstance(await enter(house), Accept) and await seen(house) == 1
    watched(house, spare_known_devices=False)
    assert isinstance(await enter(house), Accept) and await seen(house) == 2


@ON_SQLITE
async def test_a_new_pattern_has_a_new_budget(house: House) -> None:
    watched(house)
    for _ in range(BUDGET):
        await enter(house)
    matrix = house.tenant.authenticators["matrix"]
    async with house.store.transaction("acme") as tx:
        alice = await tx.users.find_by_name("alice")
        assert alice is not None
        (held,) = await tx.credentials.list(alice.id, "matrix")
        await tx.credentials.replace(replace(held, created_at=house.now + 1))  # the row stays
    assert await seen(house) == 0
    for _ in range(BUDGET):
        assert isinstance(await enter(house), Accept)
    async with house.store.transaction("acme") as tx:
        await tx.credentials.delete(alice.id, "matrix")
        await tx.credentials.add(matrix.enrol(alice, {"pattern": Secret(PATTERN)}, house.now + 1))
    assert await seen(house) == 0
    assert isinstance(await enter(house), Accept)


@ON_SQLITE
async def test_a_warning_asks_for_nothing_and_stands_on_the_portal(house: House) -> None:
    watched(house, then="warn")
    for number in range(1, BUDGET + 2):
        outcome = await enter(house)
        assert isinstance(outcome, Accept)
        async with house.store.snapshot("acme") as tx:
            here = Visit(tx, house.tenant, house.caller, house.now)
            assert await exposure.worn_out(here, outcome.authentication.user) == (
                number if number >= BUDGET else 0
            )


@ON_SQLITE
async def test_a_new_pattern_is_set_at_the_login_that_spends_the_budget(house: House) -> None:
    """Nobody who sees that login finds the pattern in use any more; a NAS, which cannot ask, refuses it."""
    watched(house, then="new_pattern")
    for _ in range(BUDGET - 1):
        assert isinstance(await enter(house), Accept)
    asked = await enter(house)
    assert isinstance(asked, Challenge)
    assert (asked.authenticator, asked.prompt["why"]) == ("pattern", "exposed")
    proven = await network(house, trusted=True)
    async with house.store.transaction("acme") as tx:
        visit, alice = Visit(tx, house.tenant, house.caller, house.now), await tx.users.find_by_name("alice")
        assert alice is not None
        assert isinstance(await direct.conclude(visit, proven, alice), Reject)
    assert await house.events("login.denied") == 1


async def network(house: House, *, trusted: bool) -> Interaction:
    """A login of alice at a NAS, up to whatever comes after the table."""
    caller = replace(house.caller, trusted=trusted, session=None)
    async with house.store.transaction("acme") as tx:
        visit = Visit(tx, house.tenant, caller, house.now)
        attempt = Attempt("radius", "wiki", caller.address, house.now)
        begun = interaction.new(visit, attempt, Resume("radius", {}), None)
        found = await direct.identify(visit, begun, "alice")
        assert isinstance(found, tuple)
        asked, user = found
        prompt = await house.tenant.authenticators["matrix"].challenge(tx, user, house.now)
        asked = replace(asked, prompt=prompt)
        right = house.right(interaction.peek(asked))
        answered = await direct.answer(visit, asked, user, Secret(right))
        assert isinstance(answered, Interaction)
        return answered


@ON_SQLITE
async def test_a_login_at_a_nas_is_seen_unless_the_nas_is_trusted(house: House) -> None:
    watched(house)
    for _ in range(BUDGET):
        assert (await network(house, trusted=True)).chain == ()
    assert await seen(house) == 0
    for _ in range(BUDGET):
        assert (await network(house, trusted=False)).chain == ()
    assert await seen(house) == BUDGET
    for trusted in (True, False):
        assert (await network(house, trusted=trusted)).chain == ("totp",)


async def test_of_logins_at_once_no_more_are_let_in_than_the_budget_says(house: House) -> None:
    watched(house)
    questions = [await house.answer(await house.begin(), "alice") for _ in range(10)]
    outcomes = await asyncio.gather(*(house.answer(each, house.right(each)) for each in questions))
    assert sum(isinstance(each, Accept) for each in outcomes) == BUDGET
    assert await seen(house) == 10
