"""What the load meets: every answer, and every failure by its kind, with the moment."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field

DOORS = ("oidc", "saml", "radius")


@dataclass(frozen=True, slots=True)
class Done:
    """One whole operation at a door."""

    door: str
    began: float
    ended: float


@dataclass
class Meter:
    """Times are those of the machine's monotonic clock, in seconds."""

    answers: list[tuple[float, str]] = field(default_factory=list)  # when, and `ok` or what failed
    done: list[Done] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)  # what must never happen

    def saw(self, kind: str) -> None:
        self.answers.append((time.monotonic(), kind))

    def finished(self, door: str, began: float) -> None:
        self.done.append(Done(door, began, time.monotonic()))

    def kinds(self, since: float) -> Counter[str]:
        """How many of each kind since then."""
        return Counter(kind for at, kind in self.answers if at >= since)

    def recovered(self, since: float) -> float | None:
        """How long it took until whole operations that began after `since` had been done at every door."""
        ends = [
            min((each.ended for each in self.done if each.door == door and each.began >= since), default=None)
            for door in DOORS
        ]
        known = [end for end in ends if end is not None]
        return max(known) - since if len(known) == len(DOORS) else None

    def silence(self, since: float, until: float) -> float:
        """The longest time within which no operation ended, at whatever door."""
        moments = [since, *sorted(each.ended for each in self.done if since < each.ended < until), until]
        return max(after - before for before, after in itertools.pairwise(moments))
