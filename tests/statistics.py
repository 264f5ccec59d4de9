"""Two samples: do they come from one source?"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence


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


def chi_square(counts: Sequence[int]) -> float:
    """How far counts are from equal: the statistic with `len(counts) - 1` degrees of freedom."""
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 for count in counts) / expected
