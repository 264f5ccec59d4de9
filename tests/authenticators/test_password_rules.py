"""Which passwords may be chosen: NIST SP 800-63B-4 §3.1.1.2."""

from __future__ import annotations

import unicodedata

import pytest

from idp.authenticators import Refused
from idp.authenticators.password.rules import check_guessable, check_length, common, normalise
from storage.records import User

HANAKO = User("1", "suzuki.hanako", 0, "corp", "鈴木 花子", "h.suzuki@example.co.jp")
NAMES = ("acme", "アクメ株式会社", "wiki", "Expense Reports")


def rule(text: str, user: User = HANAKO) -> str:
    """The rule that a password breaks; empty for none."""
    password, whole = normalise(text)
    try:
        check_length(password, 8, whole=whole)
        check_guessable(password, user, NAMES)
    except Refused as refused:
        return refused.rule
    return ""


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("1234567", "too-short"),
        ("ﾊﾟｽﾜｰﾄﾞ", "too-short"),  # nine code points before NFKC, five after
        ("é" * 7, "too-short"),
        ("x" * 1025, "too-long"),
    ],
)
def test_length_is_counted_in_code_points_after_nfkc(text: str, broken: str) -> None:
    assert rule(text) == broken


@pytest.mark.parametrize(
    "text",
    ["password", "Password1!", "P@ssw0rd2025", "ｐａｓｓｗｏｒｄ", "1qaz2wsx", "1qaz2WSX!!", "qwertyuiop", "iloveyou<3",
     "sakura0401", "2024sakura", "パスワード２０２５", "aishiteru!", "12345678", "87654321", "aaaaaaaa", "        ",
     "abcdefgh", "abcabcabc", "12121212", "🔑🔑🔑🔑🔑🔑🔑🔑", "x" * 1024],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(text: str) -> None:
    assert rule(text) == "common"


@pytest.mark.parametrize(
    "text",
    ["suzuki.hanako", "Hanako-Acme", "hanako@corp", "hanako20250401", "鈴木花子2025", "アクメ株式会社!!", "acmewiki",
     "wiki-wiki-wiki", "ACME@example", "ExpenseReports1"],
)  # fmt: skip
def test_names_that_everybody_knows_are_refused(text: str) -> None:
    assert rule(text) == "context"


@pytest.mark.parametrize(
    "text",
    ["correct horse battery", "suzuki loves green tea", "password manager at sea", "38471209", "zpwkvtrm",
     "秘密の言葉を八つ", "acme71 goes west", "hanako 8471920385", "sakura-3847120956", "ohne Komposition"],
)  # fmt: skip
def test_no_rule_asks_for_more_than_that(text: str) -> None:
    """No classes of characters; and a word of a list inside a longer password is no reason to refuse it."""
    assert rule(text) == ""


def test_somebody_whose_names_say_nothing_may_choose_any_password() -> None:
    assert rule("ab-cd-ef", User("1", "a", 0, display_name="-", email=None)) == ""


def test_the_built_in_list_is_as_passwords_are_compared() -> None:
    assert len(common()) > 500
    assert all(word == unicodedata.normalize("NFKC", word).casefold() for word in common())
