"""Many answers for one name at once: each is counted before it is looked at, and a right one is never a guess."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from idp.authenticators import Busy
from idp.outcome import Challenge, Outcome, Reason, Reject
from idp.throttle import EVALUATION_SECONDS
from tests.login.conftest import PASSWORD, House

BUDGET = 5  # of the tenant's lockout
MANY = 12


async def asked(house: House) -> list[Outcome]:
    """As many logins, each with the password open."""
    return [await house.answer(await house.begin(), "bob") for _ in range(MANY)]


async def told(house: House, questions: Sequence[Outcome], text: str) -> list[str]:
    """How all were answered at once; who is told that we are busy asks again."""

    async def ask(question: Outcome) -> str:
        try:
            outcome = await house.answer(question, text)
        except Busy:
            return "busy"
        if isinstance(outcome, Reject):
            return outcome.reason.value
        assert isinstance(outcome, Challenge)
        return "wrong" if outcome.retry else outcome.authenticator

    return await asyncio.gather(*map(ask, questions))


async def test_right_answers_at_once_are_never_told_that_the_name_is_locked(house: House) -> None:
    """THREAT_MODEL.md 16: never more evaluated at once than the budget allows, and nobody locks himself out."""
    waiting = await asked(house)
    rounds = 0  # whoever is right early makes room for another within a round
    while waiting:
        said = await told(house, waiting, PASSWORD)
        assert set(said) <= {"totp", "busy"}
        assert "totp" in said
        waiting = [question for question, one in zip(waiting, said, strict=True) if one == "busy"]
        rounds += 1
    assert rounds > 1, "all were evaluated at once: this test shows nothing"


async def test_wrong_answers_at_once_are_looked_at_as_often_as_the_budget_says(house: House) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the budget
    allows."""
    questions = await asked(house)
    said = Counter(await told(house, questions, "wrong horse battery"))
    assert await house.events("proof.refused") == BUDGET
    assert said["wrong"] == BUDGET - 1
    assert Reason.LOCKED.value in await told(house, await asked(house), PASSWORD)
    assert await house.events("proof.refused") == BUDGET


async def test_what_a_dead_process_was_looking_at_counts_as_wrong_after_a_while(house: House) -> None:
    question = await house.answer(await house.begin(), "bob")
    async with house.store.transaction("acme") as tx:
        for _ in range(BUDGET):
            await tx.budgets.spend("password:bob", BUDGET, 1800, house.now)
    with pytest.raises(Busy):
        await house.answer(question, PASSWORD)
    house.now += EVALUATION_SECONDS
    outcome = await house.answer(question, PASSWORD)
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.LOCKED
