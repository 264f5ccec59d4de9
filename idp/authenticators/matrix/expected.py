"""What may be typed for digits and a phrase."""

from __future__ import annotations

from typing import Literal

Position = Literal["before", "after", "either"]


def expected(digits: str, phrase: str, position: Position) -> tuple[str, str]:
    """Always two texts, so that phrase and position do not show in the time."""
    before, after = phrase + digits, digits + phrase
    match position:
        case "before":
            return before, before
        case "after":
            return after, after
        case "either":
            return before, after
