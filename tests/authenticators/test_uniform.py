"""Tables tell nothing of who is asked: what is drawn is uniform, and what looks at that sees one that is not."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from idp.authenticators.matrix import table
from tests.statistics import CHI_SQUARE_9, chi_square

TABLES = 1500
CELLS = (0, 17, 34, 46, 13, 6)  # any that a pattern may have


def drawn(draw: Callable[[int, int], Sequence[str]]) -> tuple[float, float]:
    """How far digits are from equally frequent: along a pattern, and from equal to those beside them."""
    tables = ["".join(draw(4, 12)) for _ in range(TABLES)]
    assert len(set(tables)) == TABLES
    along = Counter(each[cell] for each in tables for cell in CELLS)
    apart = Counter(str((int(each[CELLS[0]]) - int(each[CELLS[1]])) % 10) for each in tables)
    return tuple(chi_square([counts[digit] for digit in "0123456789"]) for counts in (along, apart))  # type: ignore[return-value]


def test_a_table_says_nothing_of_who_is_asked() -> None:
    """THREAT_MODEL.md 20: same table statistics: every digit as often, wherever a pattern lies."""
    along, apart = drawn(table.draw)
    assert along < CHI_SQUARE_9
    # Of two cells of a table in which every digit stands as often the same digit is rarer, and by so much only.
    assert apart < 1.5 * CHI_SQUARE_9


def skewed(rows: int, columns: int) -> Sequence[str]:
    """A digit drawn as the remainder of a byte: 6 to 9 are rarer by a twenty-sixth."""
    return ["".join(str(each % 16 % 10) for each in secrets.token_bytes(columns)) for _ in range(rows)]


def unlike(rows: int, columns: int) -> Sequence[str]:
    """No digit twice along the pattern, so that it is easier typed: whoever has none is shown another kind of table."""
    whole = list("".join(table.draw(rows, columns)))
    for cell, digit in zip(CELLS, random.sample("0123456789", len(CELLS)), strict=True):
        whole[cell] = digit
    text = "".join(whole)
    return [text[start : start + columns] for start in range(0, rows * columns, columns)]


@pytest.mark.parametrize("draw", [skewed, unlike])
def test_a_table_that_is_not_uniform_is_seen(draw: Callable[[int, int], Sequence[str]]) -> None:
    """THREAT_MODEL.md 20: same table statistics: the same statistic fails for a table that favours digits."""
    assert max(drawn(draw)) > 2 * CHI_SQUARE_9
