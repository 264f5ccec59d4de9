"""Guesses that were spent, and the promises that every backend keeps about them."""

from __future__ import annotations

from typing import Protocol

from storage.records import Budget


class Budgets(Protocol):
    """Guesses counted atomically, before they are evaluated."""

    async def spend(
        self, subject: str, limit: int, seconds: int, now: int, *, pending: bool = True
    ) -> Budget:
        """Count one guess and return the budget after it: evaluate only if `failures <= limit`.

        The count starts anew after `seconds` without a guess that was evaluated; refused guesses change nothing.
        What was counted is `pending` until it is refunded or charged, unless this transaction will know it.
        """

    async def exceed(self, budget: Budget, seconds: int, now: int, *, pending: bool = True) -> Budget | None:
        """Count one more than the limit allows, if the budget is still as it was found: of many, one gets it."""

    async def refund(self, subject: str) -> None:
        """The guess was right: it does not count."""

    async def charge(self, subject: str) -> None:
        """The guess was wrong: it stays counted."""

    async def find(self, subject: str) -> Budget | None: ...
    async def delete(self, subject: str) -> bool: ...
