"""Hours as they are written in a rule, and when they hold."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from idp.policy.hours import parse_hours
from idp.policy.terms import Hours

WORKDAYS = frozenset(range(5))
MONDAY = "2026-11-23"
TUESDAY = "2026-11-24"
SATURDAY = "2026-11-28"
SUNDAY = "2026-11-29"


def holds(text: str, day: str, time: str) -> bool:
    return parse_hours(text).holds(datetime.fromisoformat(f"{day}T{time}"))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Fri 07:00-22:00", Hours(WORKDAYS, 420, 1320)),
        ("Sat,Sun 10:00-16:00", Hours(frozenset((5, 6)), 600, 960)),
        ("Fri-Mon 9:00-17:00", Hours(frozenset((4, 5, 6, 0)), 540, 1020)),
        ("Mon-Wed,Fri 00:00-24:00", Hours(frozenset((0, 1, 2, 4)), 0, 1440)),
        ("22:00-02:00", Hours(frozenset(range(7)), 1320, 120)),
        ("  mon 07:00 - 08:00 ", Hours(frozenset((0,)), 420, 480)),
        ("Sun-Sun 07:00-08:00", Hours(frozenset((6,)), 420, 480)),
    ],
)
def test_days_and_a_span(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "Mon-Fri",
        "Mon-Fri 7-22",
        "Mon-Fry 07:00-22:00",
        "Mon, 07:00-22:00",
        "Mon Tue 07:00-22:00",
        "Mon 07:00-24:01",
        "Mon 07:60-08:00",
        "Mon 25:00-26:00",
        "Mon 07:00-07:00",
        "Mon 24:00-01:00",
        "Mon ０７:00-08:00",
        "Mon 07:00-08:00\n; Tue",
    ],
)
def test_anything_else_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        parse_hours(text)


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (MONDAY, "06:59", False),
        (MONDAY, "07:00", True),
        (MONDAY, "21:59:59", True),
        (MONDAY, "22:00", False),
        (SATURDAY, "12:00", False),
    ],
)
def test_a_span_begins_with_its_first_minute_and_ends_before_its_last(
    day: str, time: str, expected: bool
) -> None:
    assert holds("Mon-Fri 07:00-22:00", day, time) is expected


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (SATURDAY, "21:59", False),
        (SATURDAY, "22:00", True),
        (SUNDAY, "01:59", True),  # still Saturday's night
        (SUNDAY, "02:00", False),
        (SUNDAY, "22:00", False),
        (SATURDAY, "01:00", False),  # Friday's night is not named
    ],
)
def test_a_span_past_midnight_belongs_to_the_day_on_which_it_begins(
    day: str, time: str, expected: bool
) -> None:
    assert holds("Sat 22:00-02:00", day, time) is expected


def test_sundays_night_runs_into_monday() -> None:
    assert holds("Sun 22:00-02:00", MONDAY, "01:00")
    assert not holds("Sun 22:00-02:00", TUESDAY, "01:00")


def test_the_whole_day_has_no_gap() -> None:
    assert all(holds("Mon 00:00-24:00", MONDAY, f"{hour:02}:59") for hour in range(24))


def test_hours_follow_the_wall_clock_when_it_is_put_forward_or_back() -> None:
    """07:00 is 07:00 in Berlin, however far from Greenwich that is today."""
    hours, berlin = parse_hours("07:00-08:00"), ZoneInfo("Europe/Berlin")
    for instant in ("2026-03-28T06:30+00:00", "2026-03-29T05:30+00:00", "2026-10-25T06:30+00:00"):
        assert hours.holds(datetime.fromisoformat(instant).astimezone(berlin)), instant
    assert not hours.holds(datetime.fromisoformat("2026-03-29T06:30+00:00").astimezone(berlin))


def test_the_hour_that_comes_twice_holds_twice() -> None:
    hours, berlin = parse_hours("02:00-03:00"), ZoneInfo("Europe/Berlin")
    for instant in ("2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00"):
        assert hours.holds(datetime.fromisoformat(instant).astimezone(berlin))
