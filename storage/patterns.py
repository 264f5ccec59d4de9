"""Patterns that users had before, as keyed hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FormerPattern:
    """One pattern of one user; `kept_at` is when he took it last (epoch seconds)."""

    user_id: str
    pattern_hash: bytes
    kept_at: int


class FormerPatterns(Protocol):
    """What one tenant's users had; it goes with its user."""

    async def add(self, pattern: FormerPattern, keep: int) -> None:
        """Remember it, now if it was known before, and no more than the last `keep` of its user."""

    async def list(self, user_id: str, limit: int) -> Sequence[FormerPattern]:
        """The last ones, newest first."""
