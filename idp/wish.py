"""What the door that begins a login asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wish:
    """Beyond what the policy asks of the user."""

    fresh: bool = False  # ask again even though a session would suffice
    max_age: int | None = None  # seconds since the oldest proof that counts
    passive: bool = False  # ask nothing: say only whether something would be asked
    username: str | None = None  # who it probably is: shown, never trusted


NO_WISH: Final = Wish()
