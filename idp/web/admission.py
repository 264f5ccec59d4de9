"""Who is let in: as many requests as are answered in time, and before all others those that finish a login."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FEWEST: Final = 1 / 4  # of the room stays however late the process is: those who come at once are no overload
OF_BEGINNINGS: Final = 7 / 8  # what begins a login leaves the rest of the room to what finishes one
GLANCES: Final = 5  # so many make a span
SHRINK, GROW = 0.7, 1.1  # the room, after a span that was late, and after one that was not
REMEMBERED: Final = 20  # spans: for so long it is said that requests were turned away


@dataclass(frozen=True, slots=True)
class Load:
    """What an admission has seen, for whoever watches it. Counts begin with the process."""

    under_way: int
    room: int  # for how many there is room just now
    late_seconds: float  # how late the process was, at the least, in the last span
    admitted: int
    turned_away: int


class Admission:
    """One process's rule. It knows no clock: `glance` is called at a steady pace, with how late it came.

    A bounded number is under way, so that whoever is let in waits for no more than those. Nobody queues: who finds no
    room is told so at once, and comes again. The bound is what was configured for as long as the process keeps up. A
    process that is late for a whole span (not once: a page may take its time) has taken on too much, for itself or for
    its machine: then there is less room, span after span, until it is in time.
    """

    def __init__(self, most: int, patience: float) -> None:
        """At most `most` are under way; `patience` is how late the process may be (seconds)."""
        self._most = most
        self._fewest = most * FEWEST
        self._patience = patience
        self._room = float(most)
        self._under_way = self._busiest = self._admitted = self._turned_away = 0
        self._glances = 0
        self._least = self._late = 0.0
        self._spans = REMEMBERED

    def admits(self, *, begins: bool) -> bool:
        """Whether there is room; `begins`: for what begins a login, and so for more requests to come."""
        room = self._room * OF_BEGINNINGS if begins else self._room
        return self._under_way < room

    def enter(self) -> None:
        """One more is under way."""
        self._under_way += 1
        self._admitted += 1
        self._busiest = max(self._busiest, self._under_way)

    def leave(self) -> None:
        self._under_way -= 1

    def resume(self) -> None:
        """Who has left goes on: see `idp.outside`."""
        self._under_way += 1
        self._busiest = max(self._busiest, self._under_way)

    def turn_away(self) -> None:
        """Somebody found no room."""
        self._turned_away += 1
        self._spans = 0

    def glance(self, late: float) -> None:
        """The process was to look now, and is so many seconds late."""
        self._least = late if not self._glances else min(self._least, late)
        self._glances += 1
        if self._glances == GLANCES:
            self._end_span()

    @property
    def is_shedding(self) -> bool:
        """Whether anybody was turned away lately."""
        return self._spans < REMEMBERED

    def load(self) -> Load:
        return Load(self._under_way, int(self._room), self._late, self._admitted, self._turned_away)

    def _end_span(self) -> None:
        self._late = self._least
        if self._late > self._patience:
            # of what was taken up: room that nobody used has made nobody wait
            self._room = max(self._fewest, min(self._room, self._busiest) * SHRINK)
        else:
            self._room = min(self._most, max(self._room * GROW, self._room + 1))
        self._glances, self._busiest = 0, self._under_way
        self._spans += 1
