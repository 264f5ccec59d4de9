"""Passwords: Argon2id, as long as people like, and never more at once than the machine bears."""

from __future__ import annotations

import dataclasses
import unicodedata

import argon2
import pytest

from idp.authenticators import Refused
from idp.authenticators.password import Password
from keys.secret import Secret
from tests.authenticators.person import NOW, Person

# What an authenticator does with its answer does not depend on the database: one is enough here.
pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

PASSWORD = "correct horse battery"
LONG = "".join(chr(0x4E00 + 7 * number) for number in range(1024))


def password(person: Person, **settings: int) -> Password:
    opened = person.open("password", **settings)
    assert isinstance(opened, Password)
    return opened


async def test_the_password_and_no_other_proves_the_user(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=PASSWORD)
    assert await alice.verify(authenticator, PASSWORD, NOW + 5)
    for wrong in ("", "wrong", PASSWORD.upper(), PASSWORD + " ", " " + PASSWORD, PASSWORD + "\0"):
        assert not await alice.verify(authenticator, wrong)
    (credential,) = await alice.held(authenticator)
    assert credential.last_used_at == NOW + 5


async def test_a_password_is_the_same_however_the_keyboard_composes_it(alice: Person) -> None:
    """NIST SP 800-63B §5.1.1.2: normalised by NFKC before it is hashed."""
    authenticator = password(alice)
    await alice.enrol(authenticator, password="パスワードは秘密です é")
    assert await alice.verify(authenticator, "ﾊﾟｽﾜｰﾄﾞは秘密です é")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1234567", "too-short"),
        ("", "too-short"),
        ("ﾊﾟｽﾜｰﾄﾞ", "too-short"),
        ("x" * 1025, "too-long"),
        ("x" * 10**6, "too-long"),
    ],
)
def test_a_password_has_8_to_1024_characters(alice: Person, text: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        password(alice).enrol(alice.user, {"password": Secret(text)}, NOW)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "text",
    ["38471209", "zpwkvtrm", "       ,", "秘密の言葉を八つ", LONG, "🔑🗝🔒🔓🔏🔐🚪🧱", "kein Wort der Liste"],
)
async def test_no_rule_of_composition_is_imposed(alice: Person, text: str) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=text)
    assert await alice.verify(authenticator, text)


async def test_the_policy_may_want_longer_ones(alice: Person) -> None:
    authenticator = password(alice, min=15)
    with pytest.raises(Refused):
        await alice.enrol(authenticator, password=LONG[:14])
    await alice.enrol(authenticator, password=LONG[:15])


async def test_what_follows_the_longest_password_is_not_ignored(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=LONG)
    for more in (LONG + "x", LONG + "\0", LONG + "ﾞ" * 10**5, LONG * 1000):
        assert not await alice.verify(authenticator, more)


async def test_what_follows_the_longest_way_to_type_it_is_not_ignored(alice: Person) -> None:
    authenticator = password(alice)
    composed = "".join("\u1f82\u1f83"[number.bit_count() % 2] for number in range(1024))
    await alice.enrol(authenticator, password=composed)
    decomposed = unicodedata.normalize("NFD", composed)  # no character is composed of more than four
    assert len(decomposed) == 4 * 1024
    assert await alice.verify(authenticator, decomposed)
    assert not await alice.verify(authenticator, decomposed + "x")


async def test_a_lone_surrogate_is_a_wrong_password_and_no_accident(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=PASSWORD)
    assert not await alice.verify(authenticator, "\udc80" * 10)


def test_hashes_are_argon2id_by_the_parameters_of_owasp(alice: Person) -> None:
    authenticator = password(alice)
    credential = authenticator.enrol(alice.user, {"password": Secret(PASSWORD)}, NOW)
    encoded = authenticator._safe.unseal(credential).decode()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.PasswordHasher().verify(encoded, PASSWORD)


async def test_the_database_never_holds_the_hash_in_clear(alice: Person) -> None:
    """A stolen database without the master key gives no password to guess at."""
    credential = await alice.enrol(password(alice), password=PASSWORD)
    assert b"argon2" not in credential.sealed


async def test_the_newest_password_counts(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password="the old password")
    await alice.keep(
        dataclasses.replace(authenticator.enrol(alice.user, {"password": Secret(PASSWORD)}, NOW + 1))
    )
    assert await alice.verify(authenticator, PASSWORD)
    assert not await alice.verify(authenticator, "the old password")


async def test_unknown_users_and_those_without_a_password_are_refused(alice: Person) -> None:
    authenticator = password(alice)
    assert not await alice.verify(authenticator, PASSWORD)
    assert not await alice.verify(authenticator, PASSWORD, unknown=True)


async def test_a_row_copied_to_another_user_does_not_open(alice: Person, mallory: Person) -> None:
    """A row copied to another user does not open, and is answered like a wrong password."""
    authenticator = password(alice)
    own = await mallory.enrol(authenticator, password=PASSWORD)
    await alice.keep(dataclasses.replace(own, id="another-row", user_id=alice.user.id))
    assert not await alice.verify(authenticator, PASSWORD)
    assert await mallory.verify(authenticator, PASSWORD)
