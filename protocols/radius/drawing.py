"""The table of digits as lines of text, for windows of VPN clients that show nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

GAP = "  "  # between blocks; within one a single space


def drawn(table: Sequence[str], blocks: int) -> tuple[str, ...]:
    """A line of letters, then a line for each row: `1  5 9 0 3  1 4 7 2`. Twelve columns take 30 characters.

    Every line stands by itself, without tabs or leading blanks: clients cut those off, and some set the lines
    in a font whose blanks are narrow. Then the digits, which are of one width, still stand one below another.
    """
    width = len(table[0]) // blocks
    letters = _spaced(ascii_uppercase[: len(table[0])], width)
    rows = (f"{number:<{_margin(table)}}{GAP}{_spaced(row, width)}" for number, row in enumerate(table, 1))
    return (f"{'-' * _margin(table)}{GAP}{letters}", *rows)


def _margin(table: Sequence[str]) -> int:
    return len(str(len(table)))


def _spaced(cells: str, width: int) -> str:
    return GAP.join(" ".join(cells[start : start + width]) for start in range(0, len(cells), width))
