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


def differing(samples: Sequence[Times]) -> list[tuple[str, str]]:
    """The kinds and steps whose time differs from a real user's (the kind `real`) in every sample."""
    return [
        (kind, step)
        for kind, step in _compared(samples)
        if all(_differ(times, kind, step) for times in samples)
    ]


def unseen(samples: Sequence[Times], planted: float) -> list[tuple[str, str]]:
    """The kinds and steps where no sample would show a leak: of `planted` times the spread of a real user's times.

    None, if the samples are good for anything. One of them may be spoilt by what else the machine did meanwhile.
    """
    return [
        (kind, step)
        for kind, step in _compared(samples)
        if not any(_differ(times, kind, step, planted) for times in samples)
    ]


def _compared(samples: Sequence[Times]) -> list[tuple[str, str]]:
    return [(kind, step) for kind in samples[0] if kind != "real" for step in samples[0][kind]]


def _differ(times: Times, kind: str, step: str, planted: float = 0.0) -> bool:
    real = times["real"][step]
    first, _, third = quantiles(real)  # the middle half is what a quiet machine repeats
    later = [one + planted * (third - first) for one in times[kind][step]]
    return kolmogorov_smirnov(real, later) < 0.01
