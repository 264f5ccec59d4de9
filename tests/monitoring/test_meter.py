"""Counting, and laying it down: sums stay right whoever counts, and there are never too many series."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from idp.monitoring import meter as meters
from idp.monitoring.meter import OTHERS, SUM, Meter
from idp.monitoring.seats import Seat
from idp.monitoring.table import BOUNDS, DATAGRAMS, EVENTS, LOGINS, METRICS

LIVE = {"doors": {}}


def test_each_duration_is_in_the_first_bucket_that_is_not_shorter() -> None:
    meter = Meter()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, BOUNDS[-1] * 2):
        meter.time(DATAGRAMS, seconds, "demo", "vpn", "accepted")
    (row,) = meter.times.values()
    assert row[:2] == [2, 1] and row[SUM - 1] == 1 and row[SUM] == pytest.approx(20 + BOUNDS[0] * 2.01)


def test_who_makes_too_many_series_is_counted_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that somebody could choose after all costs no more memory than this, and no count is lost."""
    monkeypatch.setattr(meters, "MOST", 3)
    meter = Meter()
    for number in range(10):
        meter.count(EVENTS, "demo", f"event{number}")
        meter.time(DATAGRAMS, 1.0, "demo", f"service{number}", "accepted")
    assert len(meter.counts) == 4 and meter.counts[EVENTS.name, OTHERS, OTHERS] == 7
    assert len(meter.times) == 4 and meter.times[DATAGRAMS.name, OTHERS, OTHERS, OTHERS][SUM] == 7
    meter.count(EVENTS, "demo", "event0")
    assert meter.counts[EVENTS.name, "demo", "event0"] == 2


def test_the_limit_holds_for_what_was_inherited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each worker that dies would let the next make as many again."""
    monkeypatch.setattr(meters, "MOST", 3)
    before, after = Meter(), Meter()
    for number in range(3):
        before.count(EVENTS, "demo", f"event{number}")
    after.add(before.counts.items(), before.times.items())
    after.count(EVENTS, "demo", "another")
    assert after.counts[EVENTS.name, OTHERS, OTHERS] == 1


def test_a_seat_that_is_taken_never_looks_forgotten(tmp_path: Path) -> None:
    """Who tidies up temporary files deletes what nobody has touched for days: the lock, and the seat with it."""
    seat = Seat.take(tmp_path)
    os.utime(tmp_path / "0.lock", (0, 0))
    seat.lay_down(Meter(), LIVE)
    assert (tmp_path / "0.lock").stat().st_mtime > 0


def test_a_seat_is_taken_by_one_and_inherited_by_the_next(tmp_path: Path) -> None:
    meter = Meter()
    meter.count(LOGINS, "demo", "oidc", "accepted", "staff", "", by=3)
    meter.time(DATAGRAMS, 0.2, "demo", "vpn", "accepted")
    first, second = Seat.take(tmp_path), Seat.take(tmp_path)
    assert (first.number, second.number) == (0, 1)
    first.lay_down(meter, LIVE)
    assert [told.number for told in second.all()] == [0], "the other has just sat down"
    os.close(first.descriptor)  # as the kernel does when a process ends, however it does
    (dead,) = second.all()
    assert dead.live is None and dead.meter.counts == meter.counts
    third, heir = Seat.take(tmp_path), Meter()
    assert third.number == 0
    third.inherit(heir)
    heir.count(LOGINS, "demo", "oidc", "accepted", "staff", "")
    assert heir.counts[LOGINS.name, "demo", "oidc", "accepted", "staff", ""] == 4
    assert heir.times == meter.times
    third.lay_down(heir, LIVE)
    second.lay_down(Meter(), LIVE)
    assert {told.number: told.live for told in second.all()} == {0: LIVE, 1: LIVE}
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in METRICS.values():
        assert metric.name.startswith("masugata_")
        assert metric.name.endswith("_total") is (metric.kind == "counter")
        assert (metric.kind == "histogram") <= metric.name.endswith("_seconds")
        assert not metric.help.endswith(".")
