"""Patterns: cells of the table in a secret order, and which orders are too easy."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from idp.authenticators import Refused
from idp.authenticators.matrix.settings import Forbidden, PatternSettings, TableSettings

_CELL = re.compile(r"([A-Z])([1-9][0-9]?)")
_BETWEEN = re.compile(r"[\s,]+")


class Cell(NamedTuple):
    """One cell, counted from zero; written as its column letter and row number, `A1` at the top left."""

    column: int
    row: int

    def __str__(self) -> str:
        return f"{string.ascii_uppercase[self.column]}{self.row + 1}"


def parse(text: str, table: TableSettings) -> tuple[Cell, ...]:
    """Cells as people write them, `A1 F2 K3`. Raises `Refused` that names the first mistake."""
    words = _BETWEEN.split(unicodedata.normalize("NFKC", text).upper().strip(" ,\t\r\n"))
    return tuple(_cell(word, number, table) for number, word in enumerate(words, 1) if word)


def check(pattern: Sequence[Cell], settings: PatternSettings, table: TableSettings) -> None:
    """Raises `Refused` that names the first rule broken."""
    if not fits(pattern, table):
        raise Refused("cell", "a pattern has cells of the table only")
    if len(pattern) < settings.min:
        raise Refused(
            "too-short", f"a pattern has at least {settings.min} cells, this one has {len(pattern)}"
        )
    if len(pattern) > settings.max:
        raise Refused("too-long", f"a pattern has at most {settings.max} cells, this one has {len(pattern)}")
    if len(set(pattern)) == 1:
        raise Refused("one-cell", "a pattern is more than one cell repeated")
    for rule in settings.forbid:
        is_broken, words = _RULES[rule]
        if is_broken(pattern):
            raise Refused(rule, words)
    if settings.every_block and len({cell.column // table.block_columns for cell in pattern}) < table.blocks:
        raise Refused("every-block", f"a pattern has a cell in each of the {table.blocks} blocks")


def fits(pattern: Sequence[Cell], table: TableSettings) -> bool:
    """Whether the table has all of these cells."""
    return all(cell.column < table.columns and cell.row < table.rows for cell in pattern)


def is_straight(pattern: Sequence[Cell]) -> bool:
    """All cells lie on one line (row, column or any slant), and it is walked in one direction.

    Gaps and a cell taken twice in a row do not make it crooked; turning back does.
    """
    return len({_direction(a, b) for a, b in pairwise(pattern) if a != b}) <= 1


def is_one_stroke(pattern: Sequence[Cell]) -> bool:
    """A pencil could draw it without being lifted: each cell touches the one before, corners included."""
    return all(max(abs(b.column - a.column), abs(b.row - a.row)) <= 1 for a, b in pairwise(pattern))


_RULES: Final[Mapping[Forbidden, tuple[Callable[[Sequence[Cell]], bool], str]]] = {
    "straight": (is_straight, "a pattern is not a straight line"),
    "one-stroke": (is_one_stroke, "a pattern is not one stroke from cell to neighbouring cell"),
}


def _cell(word: str, number: int, table: TableSettings) -> Cell:
    found = _CELL.fullmatch(word)
    cell = Cell(ord(found[1]) - ord("A"), int(found[2]) - 1) if found else None
    if cell is None or cell.column >= table.columns or cell.row >= table.rows:
        last = Cell(table.columns - 1, table.rows - 1)
        raise Refused(
            "cell", f"cell {number} of the pattern is not between A1 and {last}: a letter, then a number"
        )
    return cell


def _direction(a: Cell, b: Cell) -> tuple[int, int]:
    right, down = b.column - a.column, b.row - a.row
    length = math.gcd(right, down)
    return right // length, down // length
