"""Does a figure grow? Robustly: no single sample, and no noise, decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import median

SURE = 3.0  # standard deviations of Kendall's statistic: one series in a thousand that is flat


@dataclass(frozen=True, slots=True)
class Trend:
    """A series over time."""

    first: float  # median of its first fifth
    last: float  # median of its last fifth
    drift: float  # from beginning to end along the median slope (Theil and Sen)
    is_steady: bool  # whether it points in one direction (Mann and Kendall)

    def grows(self, allowed: float) -> bool:
        """By more than `allowed`, in the figure's own unit, and steadily."""
        return self.drift > allowed and self.is_steady


def trend(values: Sequence[float]) -> Trend:
    """Of at least two samples at equal distances."""
    pairs = list(combinations(range(len(values)), 2))
    slope = median((values[b] - values[a]) / (b - a) for a, b in pairs)
    signs = sum((values[b] > values[a]) - (values[b] < values[a]) for a, b in pairs)
    count = len(values)
    deviation = sqrt(count * (count - 1) * (2 * count + 5) / 18)
    part = max(1, count // 5)
    return Trend(
        first=median(values[:part]),
        last=median(values[-part:]),
        drift=slope * (count - 1),
        is_steady=signs / deviation > SURE,
    )
