"""User codes: made to be read off a screen and typed by anybody (RFC 8628 §6.1)."""

from __future__ import annotations

import re

import pytest

from protocols.oidc import user_code


def test_a_code_is_as_the_standard_recommends() -> None:
    codes = {user_code.new().reveal() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", code) for code in codes)
    assert set("".join(codes)) == {*user_code.ALPHABET, "-"}


@pytest.mark.parametrize(
    "typed",
    [
        "WDJB-MJHT",
        "wdjb-mjht",
        "wdjbmjht",
        " WDJB MJHT ",
        "W.D_J B—MJ/HT",
        "ｗｄｊｂ－ｍｊｈｔ",
        "wdjb\u3000mjht",
        "wdjbーmjht",
    ],
)
def test_case_dashes_blanks_and_wide_letters_do_not_matter(typed: str) -> None:
    code = user_code.parse(typed)
    assert code is not None and code.reveal() == "WDJB-MJHT"


@pytest.mark.parametrize(
    "typed", ["", "-", "WDJB-MJH", "WDJB-MJHTB", "WDJB-MJHA", "WDJB-MJH0", "ШDJB-MJHT", "x" * 10_000]
)
def test_what_cannot_be_one_is_none(typed: str) -> None:
    assert user_code.parse(typed) is None


def test_it_is_stored_under_a_key_of_the_tenant() -> None:
    """THREAT_MODEL.md 30: A stolen database without the master key gives no code that still waits."""
    code = user_code.new()
    assert user_code.digest(b"a" * 32, code) == user_code.digest(b"a" * 32, code)
    assert user_code.digest(b"a" * 32, code) != user_code.digest(b"b" * 32, code)
