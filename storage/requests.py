"""How often something was asked for within a window, and the promises that every backend keeps about that."""

from __future__ import annotations

from typing import Protocol


class Requests(Protocol):
    """Counted by subject. A window begins with its first request, and what comes after its end begins another."""

    async def add(self, subject: str, seconds: int, now: int) -> int:
        """Count one more within a window of so many seconds, and return how many there are.

        Of several at once each gets a number of its own.
        """

    async def find(self, subject: str, now: int) -> int:
        """How many there are; 0 where the window is over."""
