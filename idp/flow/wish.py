"""What is asked of a login: by the door that begins it, and by the form that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keys.secret import Secret
from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Wish:
    """What the door asks of this login beyond the policy."""

    fresh: bool = False  # ask again even though a session would suffice
    max_age: int | None = None  # seconds since the oldest proof that counts
    thorough: bool = False  # ask for all that he holds and the rules may ask of him anywhere
    passive: bool = False  # ask nothing: say only whether something would be asked
    counted: bool = False  # part of a request that was counted already: a form of a page, the end of a login
    username: str | None = None  # who it probably is: shown, never trusted


NO_WISH = Wish()
Typed = Secret | Callable[[str], Secret]  # the answer, or what of a form answers the question of that name
