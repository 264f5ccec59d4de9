"""User names as they are typed, and as they are compared."""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 256


def canonical(typed: str) -> str:
    """One spelling for every way of typing a name: full-width, upper case and outer blanks make no difference.

    What is too long for any name is cut: it still counts as a name that nobody has.
    """
    # Cut before, too: to order a long run of combining marks takes time by the square of its length.
    name = unicodedata.normalize("NFKC", typed[: 4 * MAX_LENGTH])
    return name.strip().casefold().replace("\0", "")[:MAX_LENGTH]
