"""What an observer of logins can do with what he saw: the curve of THREAT_MODEL.md, and the table of docs/guessing.md.

The attacker knows the rules and forgets nothing: each place of the pattern may lie in the cells that showed the digit
typed there in every login that he saw. Each of his tries gets a table of its own, as it does from us, and he types
the likeliest text. A sample gives the exact chance for what was drawn; the mean over many, from a fixed seed, is it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from pathlib import Path
from statistics import fmean

import pytest

CELLS = 48
TRIES = 5  # before the lock
GUIDE = Path(__file__).parents[2] / "docs" / "guessing.md"
SAMPLES = (4, 150, 300, 100)  # by logins that were seen

Draw = Callable[[random.Random], Sequence[int]]


def independent(dice: random.Random) -> Sequence[int]:
    """A table whose digits know nothing of each other."""
    return dice.choices(range(10), k=CELLS)


def balanced(dice: random.Random) -> Sequence[int]:
    """A table as `idp.authenticators.matrix.table` draws it, by a chance that can be repeated."""
    deck = (dice.sample(range(10), 10) * (CELLS // 10 + 1))[:CELLS]
    dice.shuffle(deck)
    return deck


def chance(dice: random.Random, draw: Draw, length: int, seen: int) -> float:
    """That one of the tries is right, for one pattern and the logins that were seen."""
    pattern = [dice.randrange(CELLS) for _ in range(length)]
    shown = [draw(dice) for _ in range(seen)]
    possible = [
        [cell for cell in range(CELLS) if all(table[cell] == table[true] for table in shown)]
        for true in pattern
    ]
    wrong = 1.0
    for _ in range(TRIES):
        table = draw(dice)
        likeliest = (Counter(table[cell] for cell in cells).most_common(1)[0][1] for cells in possible)
        wrong *= 1 - prod(count / len(cells) for count, cells in zip(likeliest, possible, strict=True))
    return 1 - wrong


@cache
def mean(draw: Draw, length: int, seen: int) -> float:
    dice = random.Random(length * 10 + seen)
    return fmean(chance(dice, draw, length, seen) for _ in range(SAMPLES[seen]))


@pytest.mark.parametrize(
    ("draw", "curve"), [(independent, (0.012, 0.70, 0.99)), (balanced, (0.009, 0.81, 0.99))]
)
def test_the_curve_of_a_pattern_of_six_cells(draw: Draw, curve: Sequence[float]) -> None:
    """THREAT_MODEL.md 18: the budget that every path spends, against an observer of one, two, three logins."""
    for seen, expected in enumerate(curve, 1):
        assert mean(draw, 6, seen) == pytest.approx(expected, rel=0.1 if seen == 1 else 0.03)


def test_the_guide_says_what_is_computed() -> None:
    """Each row: the budget, the logins whose observer gets in while it lasts, his chance by the pattern's length."""
    rows = re.findall(r"^\| (\d) \| (\d) \| (.+) \|$", GUIDE.read_text(), re.MULTILINE)
    assert [(int(budget), int(seen)) for budget, seen, _ in rows] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    for _, seen, written in rows:
        figures = [
            float(figure.removeprefix("under ").removesuffix(" %")) / 100 for figure in written.split(" | ")
        ]
        for length, figure in zip((6, 8, 12), figures, strict=True):
            found = mean(balanced, length, int(seen))
            assert found == pytest.approx(figure, rel=0.06, abs=0.001), (seen, length)
