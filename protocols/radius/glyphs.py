"""Digits and capitals as strokes with round ends: a picture of a table needs no font, and is sharp at any size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

Point = tuple[float, float]
Stroke = tuple[Point, ...]

# On a grid of 4 by 6, from the upper left; a bar lifts the pen.
_STROKES: Final = {
    "0": "1,0 3,0 4,1.2 4,4.8 3,6 1,6 0,4.8 0,1.2 1,0",
    "1": "0.6,1.2 2,0 2,6|0.6,6 3.4,6",
    "2": "0,1.2 1,0 3,0 4,1.1 4,2 0,6 4,6",
    "3": "0,1 1,0 3,0 4,1 4,2 3,2.9 1.5,2.9|3,2.9 4,3.9 4,5 3,6 1,6 0,5",
    "4": "3.1,6 3.1,0 0,4.2 4,4.2",
    "5": "3.7,0 0.4,0 0.1,2.7 1,2.3 3,2.3 4,3.3 4,5 3,6 1,6 0,5",
    "6": "3.7,0.7 2.9,0 1.2,0 0,1.4 0,4.9 1,6 3,6 4,4.9 4,3.6 3,2.6 1,2.6 0,3.6",
    "7": "0,0 4,0 1.6,6",
    "8": "1,0 3,0 3.8,0.9 3.8,1.9 3,2.8 1,2.8 0.2,1.9 0.2,0.9 1,0|1,2.8 0,3.8 0,5 1,6 3,6 4,5 4,3.8 3,2.8",
    "9": "0.3,5.3 1.1,6 2.8,6 4,4.6 4,1.1 3,0 1,0 0,1.1 0,2.4 1,3.4 3,3.4 4,2.4",
    "A": "0,6 2,0 4,6|0.7,4 3.3,4",
    "B": "0,0 0,6 3,6 4,5 4,3.8 3,2.9 0,2.9|3,2.9 3.7,2.1 3.7,0.9 3,0 0,0",
    "C": "4,1 3,0 1,0 0,1.2 0,4.8 1,6 3,6 4,5",
    "D": "0,0 0,6 2.6,6 4,4.6 4,1.4 2.6,0 0,0",
    "E": "4,0 0,0 0,6 4,6|0,2.9 3.2,2.9",
    "F": "4,0 0,0 0,6|0,2.9 3.2,2.9",
    "G": "4,1 3,0 1,0 0,1.2 0,4.8 1,6 3,6 4,5 4,3.2 2.4,3.2",
    "H": "0,0 0,6|4,0 4,6|0,2.9 4,2.9",
    "I": "1,0 3,0|2,0 2,6|1,6 3,6",
    "J": "1.4,0 3.6,0 3.6,4.8 2.6,6 1,6 0.2,5",
    "K": "0,0 0,6|4,0 0,3.6|1.4,2.4 4,6",
    "L": "0,0 0,6 4,6",
    "M": "0,6 0,0 2,3.2 4,0 4,6",
    "N": "0,6 0,0 4,6 4,0",
    "O": "1,0 3,0 4,1.2 4,4.8 3,6 1,6 0,4.8 0,1.2 1,0",
    "P": "0,6 0,0 3,0 4,1 4,2.4 3,3.4 0,3.4",
    "Q": "1,0 3,0 4,1.2 4,4.8 3,6 1,6 0,4.8 0,1.2 1,0|2.4,4.4 4,6.4",
    "R": "0,6 0,0 3,0 4,1 4,2.2 3,3.2 0,3.2|2.2,3.2 4,6",
    "S": "4,1 3,0 1,0 0,1 0,2 1,2.9 3,2.9 4,3.8 4,5 3,6 1,6 0,5",
    "T": "0,0 4,0|2,0 2,6",
    "U": "0,0 0,4.8 1,6 3,6 4,4.8 4,0",
    "V": "0,0 2,6 4,0",
    "W": "0,0 1,6 2,2.4 3,6 4,0",
    "X": "0,0 4,6|4,0 0,6",
    "Y": "0,0 2,3 4,0|2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
}
WIDE, HIGH = 4, 6


@lru_cache(maxsize=64)
def strokes(character: str) -> tuple[Stroke, ...]:
    """The strokes of a digit or a capital."""
    return tuple(tuple(map(_point, stroke.split())) for stroke in _STROKES[character].split("|"))


def _point(text: str) -> Point:
    x, _, y = text.partition(",")
    return float(x), float(y)


@lru_cache(maxsize=256)
def inked(character: str, unit: float, pen: float, width: int, height: int) -> tuple[bytes, ...]:
    """Rows of how much ink each pixel has (0–255), for the character in the middle of a field.

    `unit` is the pixels of one step of the grid, `pen` those of half a stroke's breadth.
    """
    left, top = (width - WIDE * unit) / 2, (height - HIGH * unit) / 2
    lines = [
        (x1 * unit + left, y1 * unit + top, (x2 - x1) * unit, (y2 - y1) * unit)
        for stroke in strokes(character)
        for (x1, y1), (x2, y2) in pairwise(stroke)
    ]
    measured = [(x, y, dx, dy, dx * dx + dy * dy) for x, y, dx, dy in lines]
    reach = pen + 1  # beyond it there is no ink, and nothing to compute
    across = range(max(0, int(left - reach)), min(width, int(left + WIDE * unit + reach) + 1))
    down = range(max(0, int(top - reach)), min(height, int(top + HIGH * unit + reach) + 1))
    blank = bytes(width)
    rows = [blank] * height
    for y in down:
        row = bytearray(blank)
        for x in across:
            row[x] = _ink(_distance(x + 0.5, y + 0.5, measured) - pen)
        rows[y] = bytes(row)
    return tuple(rows)


def _ink(beyond: float) -> int:
    """Full within the stroke, none a pixel beyond it: what lies between is smooth."""
    return round(255 * min(1.0, max(0.0, 0.5 - beyond)))


def _distance(px: float, py: float, lines: Sequence[tuple[float, ...]]) -> float:
    """How far it is to the nearest of the lines: each a point, a way from there, and that way's length squared."""
    nearest = float("inf")
    for x, y, dx, dy, square in lines:
        ax, ay = px - x, py - y
        along = (ax * dx + ay * dy) / square
        if along > 0:
            along = min(along, 1.0)
            ax -= along * dx
            ay -= along * dy
        nearest = min(nearest, ax * ax + ay * ay)
    return math.sqrt(nearest)
