"""`lockout: {mode: slow}`: nothing is locked, and each further guess is looked at after a longer wait only."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from pydantic import ValidationError

from idp import throttle
from idp.config.lockout import Lockout
from idp.flow.interaction import peek
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from storage import Storage
from tests.login.conftest import NOW, House

SLOW = Lockout(mode="slow")
WAITS = (30, 60, 120, 240, 480, 960, 1800)  # seconds after the fifth wrong answer, the sixth …
ON_SQLITE = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


@pytest.fixture
def slow(house: House) -> House:
    settings = house.tenant.settings.model_copy(update={"lockout": SLOW})
    house.tenant = replace(house.tenant, settings=settings)
    return house


async def asked(house: House) -> Outcome:
    return await house.answer(await house.begin(), "alice")


async def guess(house: House) -> Outcome:
    question = await asked(house)
    return await house.answer(question, house.wrong(question))


async def refused(house: House) -> int:
    return await house.events("proof.refused")


@ON_SQLITE
async def test_each_further_guess_waits_twice_as_long_and_is_never_looked_at_before(slow: House) -> None:
    """THREAT_MODEL.md 16: never more evaluated than the budget allows."""
    for _ in range(SLOW.failures - 1):
        outcome = await guess(slow)
        assert isinstance(outcome, Challenge) and not outcome.last_try
    for number, wait in enumerate(WAITS):
        outcome = await guess(slow)
        assert isinstance(outcome, Reject) and outcome.reason is Reason.LOCKED
        assert outcome.until == slow.now + wait
        slow.now += wait - 1
        early = await slow.login("alice")  # with the right answer
        assert isinstance(early, Reject) and early.until == slow.now + 1
        assert await refused(slow) == SLOW.failures + number
        slow.now += 1
    outcome = await guess(slow)  # after the longest wait the count begins anew
    assert isinstance(outcome, Challenge)
    assert await refused(slow) == SLOW.failures + len(WAITS)


@ON_SQLITE
async def test_the_login_goes_on_after_the_wait(slow: House) -> None:
    for _ in range(SLOW.failures):
        outcome = await guess(slow)
    assert isinstance(outcome, Reject) and outcome.interaction_id
    slow.now += WAITS[0]
    async with slow.store.snapshot("acme") as tx:
        waiting = await tx.interactions.find(outcome.interaction_id, slow.now)
    assert waiting is not None
    again = await slow.show(peek(waiting))
    assert isinstance(await slow.answer(again, slow.right(again)), Accept)
    slow.caller = replace(slow.caller, session=None)
    assert isinstance(await guess(slow), Challenge)  # a login that ended well has all its tries again


@ON_SQLITE
async def test_a_wait_that_outlives_the_login_ends_it(slow: House) -> None:
    for _ in range(SLOW.failures):
        outcome = await guess(slow)
    for wait in WAITS[:5]:
        slow.now += wait
        outcome = await guess(slow)
    assert isinstance(outcome, Reject) and outcome.until == slow.now + 960
    assert outcome.interaction_id == ""


async def test_of_100_parallel_guesses_the_budget_is_looked_at_and_after_a_wait_one(slow: House) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the budget
    allows."""
    for many, expected in ((100, SLOW.failures), (20, SLOW.failures + 1)):
        questions = [await asked(slow) for _ in range(many)]
        await asyncio.gather(*(slow.answer(question, slow.wrong(question)) for question in questions))
        assert await refused(slow) == expected
        slow.now += WAITS[0]


@ON_SQLITE
async def test_right_answers_between_wrong_ones_make_no_wait_longer(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for _ in range(20):
            spent = await throttle.spend(tx, SLOW, "bob", "password", NOW)
            assert spent.evaluate
            await throttle.refund(tx, "bob", "password")


@ON_SQLITE
async def test_a_guesser_who_knows_the_rules_has_few_tries_a_day(store: Storage) -> None:
    """docs/guessing.md: 240 a day where names are locked, 351 at most where guesses are slowed down."""
    day = 86400

    async def tries(lockout: Lockout, late: int) -> int:
        """He spends the budget, then `late` guesses more, each as soon as it is looked at, then he pauses."""
        now, count, name = NOW, 0, f"{lockout.mode}{late}"
        async with store.transaction("acme") as tx:
            while now < NOW + day:
                for step in range(lockout.failures + late):
                    spent = await throttle.spend(tx, lockout, name, "matrix", now, at_once=True)
                    assert spent.evaluate
                    count += 1
                    if step >= lockout.failures - 1:
                        last, now = now, spent.until
                now = last + lockout.seconds
        return count

    assert await tries(Lockout(), 0) == 240
    assert max([await tries(SLOW, late) for late in range(6)]) == 351


def test_the_first_wait_is_the_shortest() -> None:
    with pytest.raises(ValidationError, match="first_wait_seconds: must not be more than seconds"):
        Lockout(mode="slow", seconds=60, first_wait_seconds=61)
    assert Lockout(seconds=10).wait(5) == 10
