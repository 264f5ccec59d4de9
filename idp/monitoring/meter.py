"""What a process counts: plain numbers in memory, so that counting costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from idp.monitoring.table import BOUNDS, Metric

MOST: Final = 2000  # label sets of one metric; what comes then is counted as others, whatever went wrong
OTHERS: Final = "others"
SUM: Final = len(BOUNDS) + 1  # where a duration's row holds the sum, behind the count of the longest

Key = tuple[str, ...]  # the metric's name, then its labels


class Meter:
    """Counts since the process began, or, at a seat that was another's, since he did."""

    def __init__(self) -> None:
        self.counts: dict[Key, int] = {}
        self.times: dict[Key, list[float]] = {}
        self._sizes: Counter[str] = Counter()

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """One more; `labels` as the table names them."""
        key, counts = (metric.name, *labels), self.counts
        try:
            counts[key] += by
        except KeyError:
            key = self._room(key, counts)
            counts[key] = counts.get(key, 0) + by

    def time(self, metric: Metric, seconds: float, *labels: str) -> None:
        """One that took so long."""
        key = (metric.name, *labels)
        row = self.times.get(key)
        if row is None:
            key = self._room(key, self.times)
            row = self.times.setdefault(key, [0] * (SUM + 1))
        row[bisect_left(BOUNDS, seconds)] += 1
        row[SUM] += seconds

    def add(self, counts: Iterable[tuple[Key, int]], times: Iterable[tuple[Key, list[float]]]) -> None:
        """What another has counted."""
        for key, value in counts:
            self._sizes[key[0]] += key not in self.counts
            self.counts[key] = self.counts.get(key, 0) + value
        for key, row in times:
            mine = self.times.get(key)
            self._sizes[key[0]] += mine is None
            self.times[key] = row[:] if mine is None else [a + b for a, b in zip(mine, row, strict=True)]

    def _room(self, key: Key, known: dict[Key, Any]) -> Key:
        """The key, as long as there are not too many of its metric."""
        if self._sizes[key[0]] >= MOST:
            key = (key[0], *(OTHERS for _ in key[1:]))
        elif key not in known:
            self._sizes[key[0]] += 1
        return key
