"""What is said of a user: read by every door, written by administrators, each value in its own form."""

from __future__ import annotations

from typing import Any

import pytest

from idp import attributes
from idp.attribute_types import Own, is_known
from storage.records import User

NOW = 1_800_000_000
USER = User("u1", "alice", NOW, display_name="Alice", email="alice@example.com", groups=frozenset({"b", "a"}))
DECLARED: dict[str, Own] = {"team": "text", "floor": "number", "badges": "texts", "remote": "boolean"}


def assign(user: User = USER, **given: str) -> User:
    return attributes.assign(user, given, DECLARED, NOW + 5)


def mistakes(given: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(attributes.Refused) as refused:
        attributes.assign(USER, given, DECLARED, NOW)
    return refused.value.mistakes


def test_of_a_user_of_whom_nothing_was_set_the_row_is_told() -> None:
    row = {"name": "Alice", "preferred_username": "alice", "email": "alice@example.com", "groups": ["a", "b"]}
    assert attributes.of(USER) == row | {"updated_at": NOW}
    bare = attributes.of(User("u2", "bob", NOW))
    assert bare == {"name": "bob", "preferred_username": "bob", "groups": [], "updated_at": NOW}


def test_what_was_set_is_told_in_its_type() -> None:
    told = attributes.of(assign(team="red", floor="-4", badges="a, b", remote="false", name="Al"))
    changed = {"team": "red", "floor": -4, "badges": ["a", "b"], "remote": False, "name": "Al"}
    assert told == attributes.of(USER) | changed | {"updated_at": NOW + 5}


def test_what_the_server_says_itself_cannot_be_stored_over_it() -> None:
    forged = User("u1", "alice", NOW, attributes='{"groups":["admin"],"preferred_username":"root"}')
    assert attributes.of(forged)["groups"] == []
    assert attributes.of(forged)["preferred_username"] == "alice"


def test_an_address_is_put_together_and_taken_apart_by_its_members() -> None:
    user = attributes.assign(USER, {"address.country": "JP", "address.formatted": "a\nb"}, {}, NOW)
    user = attributes.assign(user, {"address.locality": "東京都"}, {}, NOW)
    assert attributes.of(user)["address"] == {"country": "JP", "formatted": "a\nb", "locality": "東京都"}
    user = attributes.remove(user, ["address.country", "address.formatted"], NOW)
    assert attributes.of(user)["address"] == {"locality": "東京都"}
    assert "address" not in attributes.of(attributes.remove(user, ["address.locality"], NOW))


def test_languages_are_spelled_as_they_are_registered() -> None:
    """OpenID Connect Core §5.2."""
    user = attributes.assign(USER, {"given_name#JA-kana-jp": "アリス", "team#en": "red"}, DECLARED, NOW)
    assert attributes.of(user)["given_name#ja-Kana-JP"] == "アリス"
    assert attributes.of(user)["team#en"] == "red"
    assert "team#en" not in attributes.of(attributes.remove(user, ["team#EN"], NOW))


def test_a_new_address_is_not_verified_because_the_old_one_was() -> None:
    user = assign(email_verified="true", phone_number="+81 3 1234 5678", phone_number_verified="true")
    assert attributes.of(user)["email_verified"] is True
    moved = assign(user, email="other@example.com", phone_number="+81 3 8765 4321")
    assert {"email_verified", "phone_number_verified"}.isdisjoint(attributes.of(moved))
    assert attributes.of(assign(user, email="other@example.com", email_verified="true"))["email_verified"]
    assert "email_verified" not in attributes.of(attributes.remove(user, ["email"], NOW))


def test_a_typo_is_told_with_the_nearest_name_and_all_at_once() -> None:
    given = {"givenname": "x", "floor": "four", "address.contry": "JP", "gender#ja": "x", "team.x": "y"}
    assert mistakes(given) == (
        "there is no attribute givenname, did you mean given_name?",
        "floor must be a whole number",
        "there is no attribute address.contry, did you mean address.country?",
        "there is no attribute gender#ja, did you mean gender?",
        "there is no attribute team.x, did you mean team?",
    )


@pytest.mark.parametrize(
    "name", ["sub", "groups", "preferred_username", "updated_at", "address", "name#", ""]
)
def test_what_nobody_may_set_is_no_attribute(name: str) -> None:
    assert mistakes({name: "x"})[0].startswith(f"there is no attribute {name},")


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("birthdate", ["1999-12-31", "0000-02-29", "1999"], ["1999-02-29", "0000-02-30", "99", "1999-1-1", "x"]),
        ("zoneinfo", ["Asia/Tokyo", "UTC"], ["Tokyo", "../etc/passwd", ""]),
        ("locale", ["ja", "en-US", "zh-Hant-TW"], ["japanese please", "e", "en_US"]),
        ("phone_number", ["+81 3 1234 5678", "+1 (604) 555-1234;ext=5678"], ["0312345678", "+81", "+81 x"]),
        ("email", ["a@b"], ["a", "a@", "@b", "a b@c", "a@b@c"]),
        ("website", ["https://example.com/a?b#c"], ["example.com", "data:,x", "https://", "https://[", "https://a b"]),
        ("remote", ["true", "false"], ["yes", "1", "True", ""]),
        ("floor", ["0", "-12"], ["1.5", "١", "9" * 16, ""]),
        ("team", ["赤", "x" * 1000], ["", "x" * 1001, "a\nb", "a\0", "a\u202eb"]),
        ("badges", ["a", "a,b"], ["", "a,,b"]),
        ("address.formatted", ["a\nb"], ["", "a\0b"]),
    ],
)  # fmt: skip
def test_every_value_has_its_form(name: str, right: list[str], wrong: list[str]) -> None:
    """OpenID Connect Core §5.1."""
    for text in right:
        attributes.assign(USER, {name: text}, DECLARED, NOW)
    for text in wrong:
        assert mistakes({name: text})[0].startswith(f"{name} must be "), text


@pytest.mark.parametrize("name", ["given_name", "sub", "team", "given_name.a", "address.country", "address"])
def test_what_a_user_does_not_have_cannot_be_taken_away(name: str) -> None:
    user = attributes.assign(USER, {"given_name": "abc"}, {}, NOW) if name == "given_name.a" else USER
    with pytest.raises(attributes.Refused, match=f"alice has no {name}, "):
        attributes.remove(user, [name], NOW)


def test_what_is_declared_no_longer_can_still_be_taken_away() -> None:
    user = attributes.remove(assign(team="red"), ["team", "name", "email"], NOW + 9)
    assert (user.attributes, user.display_name, user.email, user.changed_at) == ("{}", "", None, NOW + 9)


@pytest.mark.parametrize(
    ("name", "known"),
    [("team", True), ("team#ja", True), ("floor#ja", False), ("groups", True), ("groups#ja", False),
     ("family_name#ja-Kana-JP", True), ("family_name#", False), ("sub", False), ("tam", False)],
)  # fmt: skip
def test_only_what_a_user_may_have_can_be_mapped(name: str, known: Any) -> None:
    assert is_known(name, DECLARED) is known
