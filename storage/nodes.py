"""What nodes know of one another, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NodeClock:
    """What one machine's clock shows. `seen_at` is in epoch seconds by the database's clock, which is everybody's."""

    node: str
    ahead_seconds: int  # of the database's clock; negative if behind
    seen_at: int


class Nodes(Protocol):
    """To be asked in a transaction of `EVERYWHERE`."""

    async def replace(self, clock: NodeClock) -> None:
        """In place of what the same node said before."""

    async def list(self) -> Sequence[NodeClock]: ...
    async def delete_silent(self, since: int, until: int) -> int:
        """Forget those that were not seen since, and those that were seen after `until`, by a clock that was set back
        (epoch seconds, by the database's clock); returns how many.
        """
