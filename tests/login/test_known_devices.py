"""Who signed in in a browser before is not locked out of it by what strangers guess elsewhere."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from ipaddress import ip_address

import pytest

from idp.authenticators import Busy
from idp.caller import Caller
from idp.flow import known_devices
from idp.flow.known_devices import DAY
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from idp.visit import Visit
from keys.token import new_token
from storage.known_devices import KnownDevice
from storage.sql.known_devices import SQLKnownDevices
from tests.login.conftest import PATTERN, House

FAILURES = 5  # of strangers, and of each device
ON_SQLITE = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


def elsewhere(house: House) -> House:
    """Another browser, at another place."""
    return House(
        house.store, house.tenant, Caller(ip_address("203.0.113.9"), new_token(), keeps=True), house.now
    )


async def known(house: House, name: str = "alice", service: str = "wiki") -> House:
    """A browser in which the user signed in, and out again."""
    browser = elsewhere(house)
    outcome = await browser.login(name, service)
    assert isinstance(outcome, Accept) and outcome.device_secret
    browser.caller = replace(browser.caller, device=outcome.device_secret, session=None)
    return browser


async def guess(house: House, name: str, times: int = FAILURES, service: str = "wiki") -> Outcome:
    """Wrong answers to the first question, each in a login of its own; how the last was answered."""
    outcome: Outcome = Reject(Reason.EXPIRED)
    for _ in range(times):
        question = await house.answer(await house.begin(service), name)
        outcome = await house.answer(question, house.wrong(question))
    return outcome


def is_locked(outcome: Outcome) -> bool:
    return isinstance(outcome, Reject) and outcome.reason is Reason.LOCKED


@ON_SQLITE
async def test_a_strangers_guesses_do_not_lock_out_a_known_device(house: House) -> None:
    """THREAT_MODEL.md 21: A locked account and a stranger's guesses: a device that logged in before keeps its own
    budget."""
    mine, stranger = await known(house), elsewhere(house)
    assert is_locked(await guess(stranger, "alice"))
    assert is_locked(await stranger.login("alice"))
    assert isinstance(await mine.login("alice"), Accept)
    # What it proved does not give strangers new guesses.
    assert is_locked(await stranger.login("alice"))
    # Nor do its own wrong answers lock anybody else out.
    other = await known(house, "bob", "wiki")
    assert is_locked(await guess(other, "bob"))
    questioned = await elsewhere(house).login("bob")
    assert isinstance(questioned, Challenge) and questioned.authenticator == "totp"  # past the password


@ON_SQLITE
async def test_a_stolen_cookie_gives_no_more_guesses_than_any_device_has(house: House) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret spends a budget that is bounded."""
    mine = await known(house)
    thief = elsewhere(house)
    thief.caller = replace(thief.caller, device=mine.caller.device)
    assert is_locked(await guess(thief, "alice"))
    assert is_locked(await mine.login("alice"))
    assert isinstance(
        await elsewhere(house).login("alice"), Accept
    )  # neither strangers nor other devices are
    house.now = mine.now = mine.now + 1800
    assert isinstance(await mine.login("alice"), Accept)  # it unlocks itself


@ON_SQLITE
async def test_a_cookie_of_another_user_is_a_strangers(house: House) -> None:
    """THREAT_MODEL.md 20: Unknown and real users: the same with the cookie of somebody else as without any."""
    await house.add("dora", "staff", matrix={"pattern": PATTERN})
    foreign = await known(house, "dora")
    asked = 0
    for name in ("alice", *(f"nobody{number}" for number in range(20))):
        question = await foreign.answer(await foreign.begin(), name)
        assert isinstance(question, Challenge)
        if question.authenticator != "matrix" or asked == 2:  # some are like bob, who is asked for a password
            continue
        asked += 1
        for left in range(FAILURES - 1, -1, -1):
            question = await foreign.answer(question, foreign.wrong(question))
            assert is_locked(question) == (left == 0)
        assert is_locked(await guess(elsewhere(house), name, 1))
    assert asked == 2


@ON_SQLITE
async def test_who_knows_one_proof_has_no_new_guesses_at_another(house: House) -> None:
    """THREAT_MODEL.md 18: …spends the same budget: a login that asks for the matrix alone makes a browser known
    for the matrix alone."""
    seen = []
    for _ in range(FAILURES + 1):
        browser = await known(house)  # a new one each time, known by a right pattern
        question = await browser.answer(await browser.begin("vpn"), "alice")
        question = await browser.answer(question, browser.right(question))
        assert isinstance(question, Challenge) and question.authenticator == "totp"
        seen.append(await browser.answer(question, "000000"))
    assert [is_locked(each) for each in seen] == [False] * (FAILURES - 1) + [True] * 2


@ON_SQLITE
async def test_the_secret_is_new_wherever_the_browser_becomes_known_to_one_more(house: House) -> None:
    shared = await known(house)
    planted = shared.caller.device
    assert planted is not None
    outcome = await shared.login("bob")
    assert isinstance(outcome, Accept) and outcome.device_secret not in (None, planted)
    for secret, names in ((planted, []), (outcome.device_secret, ["alice", "bob"])):
        async with house.store.snapshot("acme") as tx:
            visit = Visit(tx, house.tenant, replace(shared.caller, device=secret), house.now)
            found = [name for name in ("alice", "bob") if await known_devices.find(visit, f"id-{name}")]
            assert found == names
            assert await known_devices.find(visit, None) is None


@ON_SQLITE
async def test_a_device_is_forgotten_after_a_while_and_written_once_a_day(house: House) -> None:
    mine = await known(house)
    days = house.tenant.settings.lockout.known_devices.unused_days
    again = await mine.login("alice")
    assert isinstance(again, Accept) and again.device_secret is None
    mine.now += days * DAY - 1
    mine.caller = replace(mine.caller, session=None)
    again = await mine.login("alice")
    assert isinstance(again, Accept) and again.device_secret == mine.caller.device
    mine.now += days * DAY
    mine.caller = replace(mine.caller, session=None)
    again = await mine.login("alice")
    assert isinstance(again, Accept) and again.device_secret not in (None, mine.caller.device)


@ON_SQLITE
async def test_nothing_is_kept_by_programs_nor_where_it_is_turned_off(house: House) -> None:
    program = elsewhere(house)
    program.caller = replace(program.caller, keeps=False)
    outcome = await program.login("alice")
    assert isinstance(outcome, Accept) and outcome.device_secret is None
    mine = await known(house)
    lockout = house.tenant.settings.lockout
    none = lockout.model_copy(
        update={"known_devices": lockout.known_devices.model_copy(update={"per_user": 0})}
    )
    settings = house.tenant.settings.model_copy(update={"lockout": none})
    mine.tenant = house.tenant = replace(house.tenant, settings=settings)
    assert is_locked(await guess(elsewhere(house), "alice"))
    assert is_locked(await mine.login("alice"))


async def test_100_parallel_wrong_guesses_of_strangers_and_a_device_are_two_budgets(house: House) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the budget
    allows."""
    mine, stranger = await known(house, "bob"), elsewhere(house)
    places = [mine, stranger] * 50
    questions = [await place.answer(await place.begin(), "bob") for place in places]

    async def ask(place: House, question: Outcome) -> str:
        try:
            outcome = await place.answer(question, "wrong horse battery")
        except Busy:
            return "busy"
        return "locked" if is_locked(outcome) else "wrong"

    said = Counter(await asyncio.gather(*map(ask, places, questions)))
    assert await house.events("proof.refused") == 2 * FAILURES
    assert said["wrong"] == 2 * (FAILURES - 1)


@ON_SQLITE
async def test_a_known_device_is_looked_for_once_a_request(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the guess, the pattern's exposure, what is forgiven and what is remembered all ask for it."""
    mine, looked = await known(house), []
    find = SQLKnownDevices.find

    async def spy(self: SQLKnownDevices, token_hash: bytes, user_id: str, now: int) -> KnownDevice | None:
        looked.append(user_id)
        return await find(self, token_hash, user_id, now)

    monkeypatch.setattr(SQLKnownDevices, "find", spy)
    question = await mine.answer(await mine.begin("wiki"), "alice")
    looked.clear()
    assert isinstance(await mine.answer(question, mine.right(question)), Accept)
    assert len(looked) == 1
