"""A month of logins over three doors, and what other rules would have done to each, counted without those rules."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

import storage
from idp import audit
from tests.story.company import OFFICE

SECONDS = 29 * 86400  # a rehearsal looks at 30 days
COUNT = 2400
BATCH = 600
TOKYO = ZoneInfo("Asia/Tokyo")
DOORS = {"wiki": "oidc", "files": "saml", "vpn": "radius"}
HOME = "203.0.113.77"  # hanako's

Change = tuple[str, str, str, str]  # how it was, how it would be, by which rule before and after


@dataclass(frozen=True)
class Login:
    """One login of the past, as it went."""

    at: int
    user_id: str
    group: str
    service: str
    address: str
    proofs: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """What is written down of it, beside who it was."""
        return {
            "door": DOORS[self.service],
            "service": self.service,
            "ip": self.address,
            "at": self.at,
            "groups": [self.group],
            "proofs": [[name, place, "knowledge"] for place, name in enumerate(self.proofs)],
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Login:
        """From the audit log, where it was a real one."""
        facts = record["details"]["attempt"]
        return cls(
            facts["at"],
            record["user_id"],
            facts["groups"][0],
            facts["service"],
            facts["ip"],
            tuple(proof[0] for proof in facts["proofs"]),
        )

    @property
    def is_at_night(self) -> bool:
        hour = datetime.fromtimestamp(self.at, TOKYO).hour
        return hour >= 22 or hour < 5

    @property
    def is_inside(self) -> bool:
        return ip_address(self.address) in ip_network(OFFICE)

    @property
    def before(self) -> tuple[str, str]:
        """How it went, and by which rule."""
        return ("let in", "staff") if self.group == "staff" else ("denied", "nobody else")

    def after(self, *, with_night: bool) -> tuple[str, str]:
        """How it would go by the rules that are planned."""
        if self.group != "staff":
            return ("let in", "temps") if self.service == "wiki" else ("denied", "nobody else")
        if with_night and self.is_at_night:
            return "denied", "night"
        if self.service != "vpn":
            return "let in", "web"
        if self.is_inside:
            return "let in", "staff"
        return ("let in" if "password" in self.proofs else "asked for more"), "outside"


def logins(people: Mapping[str, str], hanako: str, until: int) -> Iterator[Login]:
    """Oldest first, no two at a time; `people` are groups by user id."""
    chance = random.Random(7)
    ids = sorted(people)
    for number in range(COUNT):
        at = until - SECONDS + number * SECONDS // COUNT
        user_id, service = chance.choice(ids), chance.choice(list(DOORS))
        outside = HOME if user_id == hanako else f"192.0.2.{chance.randrange(256)}"
        address = f"10.1.2.{chance.randrange(256)}" if chance.random() < 0.6 else outside
        proofs = ("matrix", "password") if chance.random() < 0.1 else ("matrix",)
        yield Login(at, user_id, people[user_id], service, address, proofs)


async def write(url: str, past: Sequence[Login]) -> dict[str, Login]:
    """As the product records them; gives each by its reference."""
    opened = await storage.open(url)
    kept = {}
    try:
        for begin in range(0, len(past), BATCH):
            async with opened.transaction("demo") as tx:
                for each in past[begin : begin + BATCH]:
                    how, name = each.before
                    event = "login.accepted" if how == "let in" else "login.denied"
                    about: dict[str, Any] = {"door": DOORS[each.service], "rule": name, "why": "groups"}
                    reference = await audit.record(
                        tx, event, each.at, user_id=each.user_id, service=each.service,
                        address=each.address, attempt=each.facts, **about,
                    )  # fmt: skip
                    kept[reference] = each
    finally:
        await opened.close()
    return kept


def counted(past: Sequence[Login], *, with_night: bool) -> tuple[Counter[Change], Counter[tuple[str, str]]]:
    """What flips, and what another rule would decide alike."""
    flips, moved = Counter[Change](), Counter[tuple[str, str]]()
    for each in past:
        (was, old), (would_be, new) = each.before, each.after(with_night=with_night)
        if was != would_be:
            flips[was, would_be, old, new] += 1
        elif old != new:
            moved[old, new] += 1
    return flips, moved
