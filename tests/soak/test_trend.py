"""The verdict of a soak: it finds a leak that was planted, and no noise."""

from __future__ import annotations

import random
from typing import Any

from tests.soak.run import ALLOWED, verdict
from tests.soak.trend import trend

COUNT = 60
chance = random.Random(8)


def noisy(level: float, growth: float, spread: float) -> list[float]:
    """Samples that grow by `growth` from beginning to end."""
    return [level + growth * at / (COUNT - 1) + chance.gauss(0, spread) for at in range(COUNT)]


def samples(**series: list[float]) -> list[dict[str, Any]]:
    flat = {name: noisy(100.0, 0.0, 0.1) for name in ALLOWED} | series
    return [{name: values[at] for name, values in flat.items()} for at in range(COUNT)]


def test_noise_and_a_peak_are_flat() -> None:
    peak = [100.0] * COUNT
    peak[50] = 1000.0
    saw = [100.0 + at % 7 for at in range(COUNT)]
    assert verdict(samples(memory_mb=noisy(120.0, 0.0, 3.0), descriptors=peak, tasks=saw)) == []


def test_a_leak_is_found_under_noise() -> None:
    """Eight megabytes among three of noise, and a table that nobody sweeps."""
    rows = [float(200 + 5 * at) for at in range(COUNT)]
    grown = verdict(samples(memory_mb=noisy(120.0, 10.7, 3.0), **{"rows sessions": rows}))
    assert [each.partition(":")[0] for each in grown] == ["memory_mb", "rows sessions"]


def test_what_is_kept_on_purpose_and_what_fills_up_at_first_are_no_leaks() -> None:
    filling = [min(400.0, 40.0 * at) for at in range(COUNT)]
    rows = [float(10 * at) for at in range(COUNT)]
    assert verdict(samples(**{"rows grants": filling, "rows audit": rows})) == []


def test_the_drift_is_that_from_beginning_to_end() -> None:
    found = trend([float(at) for at in range(11)])
    assert (found.drift, found.is_steady) == (10.0, True)
    assert not found.grows(10.0)
    assert found.grows(9.9)
