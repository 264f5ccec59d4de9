"""What conditions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

Network = IPv4Network | IPv6Network

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the day on some days of the week (Monday is 0), in the tenant's time zone.

    A span whose end is not after its start runs past midnight and belongs to the day on which it starts.
    """

    days: frozenset[int]
    start: int  # minutes after midnight
    end: int

    def holds(self, local: datetime) -> bool:
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        before = (day - 1) % 7
        return (day in self.days and minute >= self.start) or (before in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the user, of which one of these is a value; of none, it must have no value at all."""

    name: str
    values: frozenset[str]  # as an administrator writes them: `true`, `12`, `sales`


@dataclass(frozen=True, slots=True)
class Proofs:
    """What must have been proven already."""

    given: frozenset[str] = frozenset()  # one of these authenticators; empty: whichever
    within_seconds: int | None = None  # not longer ago
    strength: Literal["single", "multi"] = "single"  # multi: two factors, of those that are young enough


@dataclass(frozen=True, slots=True)
class Requests:
    """More than so many logins at this service within the window."""

    per: Literal["user", "address"]
    over: int
    seconds: int

    @property
    def key(self) -> str:
        """Names the count among an attempt's."""
        return f"{self.per} {self.seconds}"
