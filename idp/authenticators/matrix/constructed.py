"""Tables that tell a pattern: no two cells show the same digits one after the other, and none shows one digit twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import product

from idp.authenticators import Refused
from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import TableSettings
from idp.authenticators.matrix.table import DIGITS

Table = tuple[str, ...]

_random = random.SystemRandom()


def construct(shape: TableSettings) -> tuple[Table, ...]:
    """Fresh tables to type a new pattern along."""
    codes = _random.sample(_codes(tables_for(shape)), shape.rows * shape.columns)
    return tuple(_rows("".join(digits), shape.columns) for digits in zip(*codes, strict=True))


def tables_for(shape: TableSettings) -> int:
    """How many: two, or three where there are more cells than pairs of digits."""
    return 2 if shape.rows * shape.columns <= len(_codes(2)) else 3


def read(tables: Sequence[Table], typed: Sequence[str], position: str) -> tuple[tuple[Cell, ...], str]:
    """The pattern, and the phrase beside it, of what was typed along each of the constructed tables.

    What stays from the first table to the second is the phrase, even one of digits, since no cell keeps its digit.
    `position` is the phrase's: before, after or either. Raises `Refused`.
    """
    if len(set(map(len, typed))) != 1:
        raise Refused("mismatch", "the texts are not equally long")
    moved = [here for here, (one, other) in enumerate(zip(typed[0], typed[1], strict=True)) if one != other]
    first, end = (moved[0], moved[-1] + 1) if moved else (len(typed[0]), len(typed[0]))
    before, after = ({text[:first] for text in typed}, {text[end:] for text in typed})
    if len(before) > 1 or len(after) > 1:
        raise Refused("mismatch", "what is typed beside the digits is the same each time")
    phrases = before.pop(), after.pop()
    if all(phrases) or (position == "before" and phrases[1]) or (position == "after" and phrases[0]):
        raise Refused("side", "a phrase stands on one side of the digits")
    cells = _cells(tables)
    try:
        pattern = tuple(cells[code] for code in zip(*(text[first:end] for text in typed), strict=True))
    except KeyError:
        raise Refused("mismatch", "no cell shows these digits one after the other") from None
    return pattern, "".join(phrases)


def _cells(tables: Sequence[Table]) -> dict[tuple[str, ...], Cell]:
    """Which cell shows these digits, one in each table."""
    codes = zip(*("".join(table) for table in tables), strict=True)
    return dict(zip(codes, _places(len(tables[0]), len(tables[0][0])), strict=True))


@cache
def _places(rows: int, columns: int) -> Sequence[Cell]:
    return [Cell(column, row) for row in range(rows) for column in range(columns)]


@cache
def _codes(tables: int) -> Sequence[tuple[str, ...]]:
    """What a cell may show in so many tables: it changes from the first to the second."""
    return [code for code in product(DIGITS, repeat=tables) if code[0] != code[1]]


def _rows(text: str, columns: int) -> Table:
    return tuple(text[start : start + columns] for start in range(0, len(text), columns))
