"""User names as strangers type them."""

import time

import pytest

from idp.username import MAX_LENGTH, canonical


def test_a_name_of_a_quarter_of_a_megabyte_takes_no_time() -> None:
    """THREAT_MODEL.md 32: bounded time. To order a run of combining marks takes time by the square of its length."""
    began = time.process_time()
    assert len(canonical("a" + "\u0301\u0316" * 21_000)) <= MAX_LENGTH
    assert time.process_time() - began < 0.5


def test_blanks_and_nothing_else_are_nobodys_name() -> None:
    assert canonical("  alice" + " " * 10_000) == "alice"
    assert canonical("\0" + " " * 10_000) == ""


@pytest.mark.parametrize("typed", ["\0 a", "b" * 255 + " c", "Ｈａｎａｋｏ", "ß\u0345\u0301", "İ\u0316"])
def test_who_types_his_name_as_it_is_shown_means_himself(typed: str) -> None:
    """One spelling: to spell it again changes nothing."""
    name = canonical(typed)
    assert name and canonical(name) == name
