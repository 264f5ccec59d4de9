"""The keys under which records speak of people, and the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from typing import Protocol

DAY_SECONDS = 86400


def owner_of(user_id: str | None, at: int) -> str:
    """Whose key seals a record: the user's, or the one of the day (UTC) for what nobody known has typed."""
    return user_id or f"day:{at // DAY_SECONDS}"


class PersonKeys(Protocol):
    """One secret for each person, kept until he is erased; it outlives the user."""

    async def find(self, owner: str) -> bytes | None:
        """None for one who was erased, and where there is none yet."""

    async def find_or_add(self, owner: str, now: int) -> bytes | None:
        """The secret, made where there is none yet; None for one who was erased."""

    async def erase(self, owner: str, now: int) -> bool:
        """Destroy the secret for good: no other is ever made. False where that was done before."""

    async def delete_days(self, before: int) -> int:
        """Destroy the keys of days that ended before `before` (epoch seconds); returns how many."""

    async def delete_forgotten(self, limit: int) -> int:
        """Delete keys of those who are no users and of whom no record is left; returns how many."""
