"""How often a secret was used where others could see it, and the promises that every backend keeps about that."""

from __future__ import annotations

from typing import Protocol


class Exposures(Protocol):
    """Counted for one credential, since (epoch seconds) its secret is what it is; they go with it."""

    async def add(self, credential_id: str, since: int, now: int) -> int:
        """Count one more and return how many there are: of several at once, each gets a number of its own.

        Those of an earlier secret are forgotten.
        """

    async def find(self, credential_id: str, since: int) -> int:
        """How many there are."""
