"""Revisions of the configuration, and the promises every backend keeps about them; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

EVERYWHERE: Final = "*"  # whose they are: a revision is of all tenants, and this is no name of one


@dataclass(frozen=True, slots=True)
class Revision:
    """A configuration that was applied. Numbers rise by one; the highest is in force."""

    number: int
    hash: str  # of the files
    created_at: int
    author: str
    reason: str
    restores: int | None = None  # the revision whose files these are again


class Revisions(Protocol):
    """Written once, never changed. To be asked in a transaction of `EVERYWHERE`."""

    async def add(self, revision: Revision, sealed: bytes) -> bool:
        """False if somebody else has added one of that number: of many, one wins."""

    async def newest(self) -> int:
        """The number of the one in force, 0 where there is none. Every node asks this all the time."""

    async def number_at(self, at: int) -> int:
        """The number of the one that was in force then (epoch seconds), 0 where there was none."""

    async def find(self, number: int) -> tuple[Revision, bytes] | None:
        """It, and its files as they were sealed."""

    async def list(self, limit: int = 100) -> Sequence[Revision]:
        """Newest first."""
