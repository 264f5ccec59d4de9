"""Two samples: do they come from one source?"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import quantiles

Times = Mapping[
    str, Mapping[str, Sequence[float]]
]  # how long each step took, by the kind of name, in seconds


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """The probability of a distance as large as theirs if both came from one distribution (asymptotic)."""
    first, second = sorted(one), sorted(other)
    distance = max(
        abs(bisect_right(first, value) / len(first) - bisect_right(second, value) / len(second))
        for value in (*first, *second)
    )
    size = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    scaled = (size + 0.12 + 0.11 / size) * distance  # Stephens 1970: good from four values on
    total = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return min(1.0, max(0.0, total)) if scaled > 0.2 else 1.0


# Exceeded once in a thousand million times with nine degrees of freedom: by ten counts that should be equal.
CHI_SQUARE_9 = 60.0


def chi_square(counts: Sequence[int]) -> float:
    """How far counts are from equal: the statistic with `len(counts) - 1` degrees of freedom."""
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 for count in counts) / expected


def differing(samples: Sequence[Times], planted: float = 0.0) -> list[tuple[str, str]]:
    """The kinds and steps whose time differs from a real user's (the kind `real`) in every sample.

    `planted` times the spread of a real user's times is added to those of every other.
    """
    first = samples[0]
    return [
        (kind, step)
        for kind in first
        if kind != "real"
        for step in first[kind]
        if all(_differ(times["real"][step], times[kind][step], planted) for times in samples)
    ]


def _differ(real: Sequence[float], other: Sequence[float], planted: float) -> bool:
    first, _, third = quantiles(real)  # the middle half is what a quiet machine repeats
    return kolmogorov_smirnov(real, [one + planted * (third - first) for one in other]) < 0.01
