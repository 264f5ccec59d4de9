"""What a door wishes of a login beyond the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wish:
    """What the door asks of this login beyond the policy."""

    fresh: bool = False  # ask again even though a session would suffice
    max_age: int | None = None  # seconds since the oldest proof that counts
    passive: bool = False  # ask nothing: say only whether something would be asked
    username: str | None = None  # who it probably is: shown, never trusted


NO_WISH: Final = Wish()
