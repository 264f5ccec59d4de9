"""Rules and the decisions they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from zoneinfo import ZoneInfo

from idp.policy.attempt import Attempt

Network = IPv4Network | IPv6Network

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Require:
    """Authenticators to pass, in order."""

    rule: str
    authenticators: tuple[str, ...]
    acr: str | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """No way in. `message` is the rule's own words by language."""

    rule: str
    message: Mapping[str, str] | None = None


Verdict = Require | Deny


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
class Rule:
    """An empty condition holds for everyone."""

    name: str
    then: Verdict
    services: frozenset[str] = frozenset()
    protocols: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    except_networks: tuple[Network, ...] = ()
    hours: tuple[Hours, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tokyo"))

    def failing(self, attempt: Attempt, *, any_group: bool = False) -> str | None:
        """The first condition that does not hold, by name; None if the rule matches.

        `any_group` asks whether the rule could match somebody at this service, whoever that is.
        """
        address = attempt.address
        if self.services and attempt.service not in self.services:
            return "services"
        if self.protocols and attempt.protocol not in self.protocols:
            return "protocols"
        if self.groups and not any_group and not self.groups & _groups(attempt):
            return "groups"
        if self.networks and not any(address in network for network in self.networks):
            return "networks"
        if any(address in network for network in self.except_networks):
            return "networks"
        if self.hours and not self._is_open(attempt.at):
            return "hours"
        return None

    @property
    def is_always(self) -> bool:
        """Whether it holds for its people wherever they are, at any time."""
        return not (self.networks or self.except_networks or self.hours)

    def _is_open(self, at: int) -> bool:
        local = datetime.fromtimestamp(at, self.zone)
        return any(span.holds(local) for span in self.hours)


def _groups(attempt: Attempt) -> frozenset[str]:
    return attempt.user.groups if attempt.user else frozenset()


@dataclass(frozen=True, slots=True)
class Tried:
    """One line of the explanation: the rule, and which condition failed (None: it matched)."""

    rule: str
    failed: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and how it came to be."""

    verdict: Verdict
    trace: tuple[Tried, ...]
