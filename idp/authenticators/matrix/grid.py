"""The cells to choose from, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import TableSettings


@dataclass(frozen=True, slots=True)
class Choice:
    """One cell; `order` says where in the pattern it comes: empty, or places such as `1, 3`."""

    name: str
    order: str
    newest: bool  # the one that was chosen last


@dataclass(frozen=True, slots=True)
class Block:
    """One block, its rows from the top."""

    letters: Sequence[str]
    rows: Sequence[Sequence[Choice]]


def grid(shape: TableSettings, chosen: Sequence[Cell]) -> Sequence[Block]:
    """All cells, with the places of those that are chosen."""
    width = shape.block_columns
    return [_block(shape, chosen, range(first, first + width)) for first in range(0, shape.columns, width)]


def _block(shape: TableSettings, chosen: Sequence[Cell], columns: range) -> Block:
    letters = [str(Cell(column, 0))[0] for column in columns]
    rows = [[_choice(Cell(column, row), chosen) for column in columns] for row in range(shape.rows)]
    return Block(letters, rows)


def _choice(cell: Cell, chosen: Sequence[Cell]) -> Choice:
    order = ", ".join(str(place) for place, each in enumerate(chosen, 1) if each == cell)
    return Choice(str(cell), order, bool(chosen) and chosen[-1] == cell)
