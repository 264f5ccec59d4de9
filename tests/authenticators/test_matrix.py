"""The matrix: digits along the pattern, the phrase beside them, and nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from idp.authenticators import Refused
from idp.authenticators.matrix import Matrix
from tests.authenticators.person import NOW, TENANT, Person

# What an authenticator does with its answer does not depend on the database: one is enough here.
pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

PATTERN = "A1 F2 K3 L4 C2 G1"
TABLE = ["012345678901", "234567890123", "456789012345", "678901234567"]
PROMPT = {"table": TABLE, "blocks": 3, "expires_at": NOW + 180}
DIGITS = "074746"  # along PATTERN in TABLE


def matrix(person: Person, **settings: Any) -> Matrix:
    opened = person.open("matrix", **settings)
    assert isinstance(opened, Matrix)
    return opened


async def test_the_digits_along_the_pattern_prove_the_user(alice: Person) -> None:
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN)
    digits = "".join(TABLE[row][column] for column, row in ((0, 0), (5, 1), (10, 2), (11, 3), (2, 1), (6, 0)))
    assert digits == DIGITS
    assert await alice.verify(authenticator, DIGITS, prompt=PROMPT)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " ",
        "074745",
        "470746",
        DIGITS[:-1],
        DIGITS + "0",
        "0" + DIGITS,
        DIGITS * 2,
        PATTERN,
        "\udc80",
        "0" * 10**5,
    ],
)
async def test_anything_else_does_not(alice: Person, answer: str) -> None:
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN)
    assert not await alice.verify(authenticator, answer, prompt=PROMPT)


@pytest.mark.parametrize("answer", [f" {DIGITS}\r\n", "０７４７４６", f"　{DIGITS}　"])
async def test_an_answer_may_be_typed_by_a_japanese_input_method(alice: Person, answer: str) -> None:
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN)
    assert await alice.verify(authenticator, answer, prompt=PROMPT)


async def test_an_expired_table_never_verifies(alice: Person) -> None:
    authenticator = matrix(alice, table={"seconds": 60})
    await alice.enrol(authenticator, pattern=PATTERN)
    prompt = await alice.challenge(authenticator)
    assert prompt["expires_at"] == NOW + 60
    prompt["table"] = TABLE
    assert await alice.verify(authenticator, DIGITS, NOW + 59, prompt)
    assert not await alice.verify(authenticator, DIGITS, NOW + 60, prompt)
    assert not await alice.verify(authenticator, DIGITS, NOW + 10**9, prompt)


async def test_the_moment_of_use_is_remembered(alice: Person) -> None:
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN)
    assert await alice.verify(authenticator, DIGITS, NOW + 5, PROMPT)
    (credential,) = await alice.held(authenticator)
    assert credential.last_used_at == NOW + 5


@pytest.mark.parametrize(
    ("position", "before", "after"), [("before", True, False), ("after", False, True), ("either", True, True)]
)
async def test_the_phrase_is_typed_where_the_policy_says(
    alice: Person, position: str, before: bool, after: bool
) -> None:
    authenticator = matrix(alice, phrase={"position": position})
    await alice.enrol(authenticator, pattern=PATTERN, phrase="Kyoto-7")
    assert await alice.verify(authenticator, "Kyoto-7" + DIGITS, prompt=PROMPT) is before
    assert await alice.verify(authenticator, DIGITS + "Kyoto-7", prompt=PROMPT) is after
    for wrong in (DIGITS, "Kyoto-7", "kyoto-7" + DIGITS, DIGITS[:3] + "Kyoto-7" + DIGITS[3:]):
        assert not await alice.verify(authenticator, wrong, prompt=PROMPT)


@pytest.mark.parametrize(
    ("settings", "phrase", "rule"),
    [
        ({"use": "never"}, "Kyoto-7", "unused"),
        ({"use": "required"}, "", "missing"),
        ({"min": 8}, "Kyoto-7", "length"),
        ({"max": 6}, "Kyoto-7", "length"),
        ({}, "Kyoto:7", "characters"),
        ({}, "Kyoto,7", "characters"),
        ({}, "Kyoto 7", "characters"),
        ({}, "京都の七つ", "characters"),
        ({}, "Kyoto\x007", "characters"),
    ],
)
async def test_a_phrase_that_the_policy_refuses(
    alice: Person, settings: dict[str, Any], phrase: str, rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        await alice.enrol(matrix(alice, phrase=settings), pattern=PATTERN, phrase=phrase)
    assert refused.value.rule == rule
    assert "Kyoto" not in refused.value.words


async def test_a_phrase_has_all_signs_that_the_requirements_list(alice: Person) -> None:
    authenticator = matrix(alice, phrase={"max": 100})
    phrase = "azAZ09_.(){}[]~-/'!#$^?@%+\\`&*=|;\"<>"
    await alice.enrol(authenticator, pattern=PATTERN, phrase=phrase)
    assert await alice.verify(authenticator, phrase + DIGITS, prompt=PROMPT)


async def test_unknown_users_and_those_without_a_pattern_are_refused(alice: Person) -> None:
    authenticator = matrix(alice)
    uniform = {**PROMPT, "table": ["0" * 12] * 4}  # here every pattern reads alike, the decoy's, too
    assert not await alice.verify(authenticator, "000000", prompt=uniform)
    assert not await alice.verify(authenticator, "000000", prompt=uniform, unknown=True)
    await alice.enrol(authenticator, pattern=PATTERN)
    assert await alice.verify(authenticator, "000000", prompt=uniform)
    assert not await alice.verify(authenticator, "000000", prompt=uniform, unknown=True)


async def test_the_table_knows_nothing_of_the_user(alice: Person) -> None:
    """Unknown and real users get the same table, and no response contains an expected answer."""
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN, phrase="Kyoto-7")
    async with alice.store.transaction(TENANT) as tx:
        prompts = [await authenticator.challenge(tx, user, NOW) for user in (alice.user, None)]
    for prompt in prompts:
        assert prompt.keys() == {"table", "blocks", "expires_at"}
        assert prompt["blocks"] == 3
        assert [len(row) for row in prompt["table"]] == [12] * 4


async def test_a_row_copied_to_another_user_does_not_open(alice: Person, mallory: Person) -> None:
    """A row copied to another user does not open, and is answered like a wrong table."""
    authenticator = matrix(alice)
    own = await mallory.enrol(authenticator, pattern=PATTERN)
    await alice.keep(dataclasses.replace(own, id="another-row", user_id=alice.user.id))
    assert not await alice.verify(authenticator, DIGITS, prompt=PROMPT)
    assert await mallory.verify(authenticator, DIGITS, prompt=PROMPT)


async def test_the_database_never_holds_the_pattern_in_clear(alice: Person) -> None:
    """A stolen database without the master key gives no pattern and no phrase."""
    authenticator = matrix(alice)
    credential = await alice.enrol(authenticator, pattern=PATTERN, phrase="Kyoto-7")
    assert b"Kyoto-7" not in credential.sealed
    assert b"pattern" not in credential.sealed


async def test_a_pattern_waits_until_its_cells_are_shown_again(alice: Person) -> None:
    """A table that was made smaller lacks cells of old patterns: they read nothing, and prove nothing."""
    authenticator = matrix(alice)
    await alice.enrol(authenticator, pattern=PATTERN)
    narrow = {**PROMPT, "table": [row[:8] for row in TABLE[:3]]}
    readable = "0746"  # along A1, F2, C2 and G1, which are left
    for answer in ("", readable, DIGITS):
        assert not await alice.verify(authenticator, answer, prompt=narrow)
