"""CSV that spreadsheets show as it is meant."""

from __future__ import annotations

import pytest

from idp.spreadsheet import shield, unshield


def test_nothing_becomes_a_formula_by_being_written_in_shift_jis() -> None:
    """A minus sign (U+2212) is written there as a full-width one, which is one of the beginnings."""
    computed = []
    for letter in map(chr, range(0x10000)):
        there = letter.encode("cp932", "ignore").decode("cp932")
        if shield(there) != there and shield(letter) == letter:
            computed.append(letter)
    assert computed == []


@pytest.mark.parametrize("text", ["", "a", "'", "'a", "''", "=1", "'=1", "''=1", "－1", "−1", "\t=1"])
def test_what_was_shielded_comes_back(text: str) -> None:
    assert unshield(shield(text)) == text
    assert not shield(text).startswith(("=", "－", "−", "\t"))
