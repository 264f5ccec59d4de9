"""The table: balanced, and otherwise as random as the system is."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from idp.authenticators.matrix.table import draw

TABLES = 4000


@pytest.mark.parametrize(("rows", "columns"), [(4, 12), (4, 4), (5, 5), (10, 26), (4, 10), (2, 9)])
def test_the_table_is_balanced(rows: int, columns: int) -> None:
    """No digit stands in it more than once oftener than another, whatever its size."""
    for _ in range(200):
        table = draw(rows, columns)
        assert [len(row) for row in table] == [columns] * rows
        count = Counter("".join(table))
        assert max(count.values()) - min(count[digit] for digit in "0123456789") <= 1
        assert sum(count.values()) == rows * columns
        assert count.keys() <= set("0123456789")


def is_uniform(counts: list[int], draws: int) -> bool:
    """Pearson's chi-squared, accepted up to six standard deviations: wrong by chance once in 10^8."""
    expected = draws / len(counts)
    statistic = sum((count - expected) ** 2 / expected for count in counts)
    freedom = len(counts) - 1
    return statistic < freedom + 6 * math.sqrt(2 * freedom) + 12


@pytest.fixture(scope="module")
def tables() -> list[str]:
    return ["".join(draw(4, 12)) for _ in range(TABLES)]


def test_every_digit_is_as_likely_in_every_cell(tables: list[str]) -> None:
    for cell in range(48):
        seen = Counter(table[cell] for table in tables)
        assert is_uniform([seen[digit] for digit in "0123456789"], TABLES), cell


def test_every_digit_is_as_likely_to_be_a_rare_one(tables: list[str]) -> None:
    """48 cells hold eight digits five times and two digits four times: which two is random."""
    rare = Counter(digit for table in tables for digit in "0123456789" if table.count(digit) == 4)
    assert is_uniform([rare[digit] for digit in "0123456789"], 2 * TABLES)


def test_pairs_of_cells_tell_nothing_of_each_other(tables: list[str]) -> None:
    """Two cells are alike as often as a shuffled deck has it: (8·5·4 + 2·4·3) / (48·47)."""
    alike = (8 * 5 * 4 + 2 * 4 * 3) / (48 * 47)
    for first, second in ((0, 1), (0, 12), (0, 47), (23, 24)):
        seen = sum(table[first] == table[second] for table in tables)
        assert abs(seen - TABLES * alike) < 6 * math.sqrt(TABLES * alike * (1 - alike))


def test_tables_do_not_repeat(tables: list[str]) -> None:
    assert len(set(tables)) == TABLES
