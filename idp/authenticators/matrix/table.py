"""The table of random digits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from math import factorial

DIGITS = "0123456789"
SPARE_BYTES = 8  # beyond what is needed, so that `_draw_below` hardly ever draws again


def draw(rows: int, columns: int) -> Sequence[str]:
    """A fresh table, one string of digits a row, from the system's secure source.

    It is balanced: the digits' counts differ by one at most. Were the digits independent, typing the most
    frequent one throughout would be right eight times as often for a pattern of four cells.
    """
    cells = rows * columns
    lot = _draw_below(_ways(cells))
    # Which digits get the odd cells is random, too.
    lot, digits = _shuffle(lot, list(DIGITS))
    _, deck = _shuffle(lot, (digits * (cells // len(digits) + 1))[:cells])
    text = "".join(deck)
    return [text[start : start + columns] for start in range(0, cells, columns)]


def _shuffle(lot: int, deck: list[str]) -> tuple[int, list[str]]:
    """The shuffle of Fisher and Yates by a number drawn before; also returns what is left of the number."""
    for last in range(len(deck) - 1, 0, -1):
        lot, chosen = divmod(lot, last + 1)
        deck[last], deck[chosen] = deck[chosen], deck[last]
    return lot, deck


@cache
def _ways(cells: int) -> int:
    return factorial(len(DIGITS)) * factorial(cells)


def _draw_below(ways: int) -> int:
    """A number whose remainder by `ways` is uniform: one call to the system, and no bias at all."""
    size = (ways.bit_length() + 7) // 8 + SPARE_BYTES
    whole = (1 << 8 * size) // ways * ways
    while (lot := int.from_bytes(os.urandom(size))) >= whole:
        pass
    return lot
