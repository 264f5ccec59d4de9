"""What was believed of the time, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

# How far clocks of nodes may differ, and a clock be set without anybody having to look.
SKEW_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Belief:
    """Epoch seconds."""

    believed_at: int  # when it was swept last, give or take a minute
    doubted_at: int | None = None  # what the clock showed when it was first found to be ahead


class Clocks(Protocol):
    """The belief is one row, to be asked in a transaction of `EVERYWHERE`; what is brought back is a tenant's."""

    async def find(self) -> Belief | None:
        """None before the first sweep."""

    async def lock(self) -> Belief | None:
        """As `find`; until the transaction ends nobody else changes it."""

    async def replace(self, belief: Belief) -> None: ...
    async def bring_back(self, since: int, leap: int) -> int:
        """What ended or was due at `since` or later, by the clock that was ahead, does so `leap` seconds earlier;
        keys that were turned since then were turned by as much earlier; logins, sessions, codes and tokens that it made
        end now. Returns how many rows were touched.
        """
