"""Comparing what was typed: padded texts are equal where the texts are, and nowhere else."""

from __future__ import annotations

import pytest

from idp.authenticators.compare import BLOCK, matches
from keys.secret import Secret

LONG = "x" * BLOCK


@pytest.mark.parametrize("typed", ["", "123456", LONG, LONG[:-1], f"{LONG}x", "\udcff", "ÿ", "１２３４５６"])
def test_an_answer_is_itself_and_nothing_else(typed: str) -> None:
    meant = typed.replace("１２３４５６", "123456")  # full-width digits mean the others
    others = [meant + "x", meant + "\0", meant + "ÿ", "x" + meant, LONG + meant, meant[1:] + "y"]
    assert list(matches(Secret(typed), [meant, *others, meant])) == [True, *[False] * len(others), True]


def test_nothing_is_expected() -> None:
    assert list(matches(Secret("123456"), [])) == []
