"""An initial pattern: drawn by us, written down for its user, and valid for a while."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import Final

from idp.authenticators import Refused
from idp.authenticators.matrix.pattern import Cell, check
from idp.authenticators.matrix.settings import MatrixSettings, TableSettings

SIGNS: Final = string.digits[1:] + string.ascii_lowercase  # where in the order a cell comes
UNUSED: Final = "*"
TRIES: Final = 1000  # of cells drawn at random, nearly all obey every rule that can be obeyed

_random = random.SystemRandom()


def choose(settings: MatrixSettings) -> Sequence[Cell]:
    """A random pattern by the rules, as short as they allow, no cell twice: one that is easily drawn.

    Raises `Refused` where the rules allow none that can be drawn.
    """
    table = settings.table
    cells = [Cell(column, row) for row in range(table.rows) for column in range(table.columns)]
    length = max(settings.pattern.min, table.blocks if settings.pattern.every_block else 0)
    if length > min(len(cells), len(SIGNS)):
        raise Refused("not-drawn", f"a pattern of {length} cells cannot be drawn, set one by its cells")
    for _ in range(TRIES):
        chosen = _one_of_each_block(cells, table) if settings.pattern.every_block else []
        rest = [cell for cell in cells if cell not in chosen]
        chosen += _random.sample(rest, length - len(chosen))
        _random.shuffle(chosen)
        try:
            check(chosen, settings.pattern, table)
        except Refused:
            continue
        return chosen
    raise Refused("not-drawn", "the rules leave too few patterns to draw one of, set one by its cells")


def draw(pattern: Sequence[Cell], table: TableSettings) -> list[str]:
    """The pattern as rows of text, `*8** 2*** ***5`: of each cell its place in the order, blocks apart."""
    order = dict(zip(pattern, SIGNS, strict=False))
    rows = []
    for row in range(table.rows):
        line = "".join(order.get(Cell(column, row), UNUSED) for column in range(table.columns))
        width = table.block_columns
        rows.append(" ".join(line[start : start + width] for start in range(0, len(line), width)))
    return rows


def _one_of_each_block(cells: Sequence[Cell], table: TableSettings) -> list[Cell]:
    return [
        _random.choice([cell for cell in cells if cell.column // table.block_columns == block])
        for block in range(table.blocks)
    ]
