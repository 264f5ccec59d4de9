"""Patterns typed along constructed tables: read back exactly, whatever the pattern and whatever stands beside it."""

from __future__ import annotations

import random

import pytest

from idp.authenticators import Refused
from idp.authenticators.matrix.constructed import Table, construct, read
from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import PatternSettings, TableSettings

USUAL = TableSettings()
SHAPES = (
    USUAL,
    TableSettings(rows=2, columns=8, blocks=1),
    TableSettings(rows=9, columns=10, blocks=2),  # as many cells as there are pairs
    TableSettings(rows=7, columns=13, blocks=1),  # one more
    TableSettings(rows=10, columns=26, blocks=13),
)
LENGTHS = range(
    PatternSettings.model_fields["min"].metadata[0].ge, PatternSettings.model_fields["max"].metadata[1].le + 1
)
PATTERNS, TYPED_ON_ONE = 100_000, 400
PHRASES = ("", "", "7", "0123", "20261123", "a1b2", "(-_-)", "9" * 32)


def typed(tables: tuple[Table, ...], pattern: list[Cell], before: str = "", after: str = "") -> list[str]:
    return [before + "".join(table[row][column] for column, row in pattern) + after for table in tables]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.rows}x{shape.columns}")
def test_every_cell_has_digits_of_its_own_and_keeps_none(shape: TableSettings) -> None:
    """With this, what was typed names its cells: two patterns that differ somewhere differ in what is typed there."""
    for _ in range(200):
        tables = construct(shape)
        assert len(tables) == (2 if shape.rows * shape.columns <= 90 else 3)
        assert {(len(table), *map(len, table)) for table in tables} == {
            (shape.rows, *[shape.columns] * shape.rows)
        }
        codes = list(zip(*("".join(table) for table in tables), strict=True))
        assert len(set(codes)) == len(codes)
        assert all(code[0] != code[1] for code in codes)


def test_100_000_patterns_of_every_length_are_never_ambiguous() -> None:
    """Of 4 to 64 cells, any cell any number of times, with phrases of digits and without, before and after."""
    chance = random.Random(20261123)
    cells = [Cell(column, row) for row in range(USUAL.rows) for column in range(USUAL.columns)]
    tried: set[int] = set()
    for number in range(PATTERNS):
        if number % TYPED_ON_ONE == 0:
            tables = construct(USUAL)
        length = LENGTHS[number % len(LENGTHS)] if number % 20 == 0 else 4 + number % 9
        pattern, phrase = chance.choices(cells, k=length), chance.choice(PHRASES)
        beside = (phrase, "") if number % 2 else ("", phrase)
        assert read(tables, typed(tables, pattern, *beside), "either") == (tuple(pattern), phrase)
        tried.add(length)
    assert tried == set(LENGTHS)


@pytest.mark.parametrize("shape", SHAPES[1:], ids=lambda shape: f"{shape.rows}x{shape.columns}")
def test_other_tables_are_read_as_well(shape: TableSettings) -> None:
    cells = [Cell(column, row) for row in range(shape.rows) for column in range(shape.columns)]
    tables = construct(shape)
    assert read(tables, typed(tables, cells[:64], after="42"), "after") == (tuple(cells[:64]), "42")


PATTERN = [Cell(0, 0), Cell(5, 1), Cell(5, 1), Cell(11, 3)]


@pytest.mark.parametrize(
    ("before", "after", "position", "rule"),
    [
        ("12", "", "after", "side"),
        ("", "12", "before", "side"),
        ("1", "2", "either", "side"),
        ("12", "", "before", ""),
        ("", "12", "after", ""),
        ("", "", "after", ""),
    ],
)
def test_a_phrase_stands_where_the_policy_wants_it(before: str, after: str, position: str, rule: str) -> None:
    tables = construct(USUAL)
    texts = typed(tables, PATTERN, before, after)
    if not rule:
        assert read(tables, texts, position) == (tuple(PATTERN), before + after)
        return
    with pytest.raises(Refused) as refused:
        read(tables, texts, position)
    assert refused.value.rule == rule


def test_what_fits_no_pattern_is_refused() -> None:
    """Texts of two lengths, with another phrase the second time, or with digits that no cell shows."""
    tables = (("0123456789012345",), ("1234567890234567",))
    assert read(tables, ["0123", "1234"], "either")[0] == tuple(Cell(column, 0) for column in range(4))
    for texts in (
        ["0123", "123"],
        ["ab0123", "cd1234"],
        ["0123", "9876"],
        ["01x23", "12x34"],
        ["0123x", "1234y"],
    ):
        with pytest.raises(Refused) as refused:
            read(tables, texts, "either")
        assert refused.value.rule == "mismatch"


def test_nothing_but_a_phrase_is_no_pattern() -> None:
    assert read(construct(USUAL), ["secret", "secret"], "either") == ((), "secret")
