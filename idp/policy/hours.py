"""Hours as they are written in a rule: `Mon-Fri 07:00-22:00`, `Sat,Sun 22:00-02:00`, `09:00-17:00`."""

from __future__ import annotations

import re

from idp.policy.terms import MINUTES_A_DAY, Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = "for example Mon-Fri 07:00-22:00 or Sat,Sun 10:00-16:00"

_HOURS = re.compile(r"(?:(?P<days>\S+)\s+)?(?P<start>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)", re.ASCII)


def parse_hours(text: str) -> Hours:
    """A span on some days; every day where none is named. Raises ValueError with helpful words."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"must be days and a span of time, {EXAMPLE}")
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start in (end, MINUTES_A_DAY):
        raise ValueError("must be a span that begins and ends, the whole day is 00:00-24:00")
    return Hours(_days(match["days"]), start, end)


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day(first)
        length = (_day(last) - begin) % 7 if dash else 0
        days.update((begin + step) % 7 for step in range(length + 1))
    return frozenset(days)


def _day(text: str) -> int:
    try:
        return DAYS.index(text.strip().lower())
    except ValueError:
        raise ValueError(f"must name days as Mon, Tue, Wed, Thu, Fri, Sat, Sun, {EXAMPLE}") from None


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if minutes > 59 or hours * 60 + minutes > MINUTES_A_DAY:
        raise ValueError(f"must be times between 00:00 and 24:00, {EXAMPLE}")
    return hours * 60 + minutes
