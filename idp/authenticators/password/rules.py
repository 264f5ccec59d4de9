"""Which passwords may be chosen: NIST SP 800-63B-4 §3.1.1.2. Long ones, but none that everybody would try first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from idp.authenticators import Refused
from storage.records import User

SHORTEST, LONGEST = 8, 1024  # characters
SHORTEST_WORD: Final = 3  # of a name that is looked for: a shorter one says nothing
LONGEST_UNIT: Final = 3  # of what is only repeated
AROUND: Final = (
    10  # so many digits and signs beside a word are a secret by themselves; a date of birth is none
)


def normalise(typed: str) -> tuple[str, bool]:
    """The password as it is counted and hashed, in NFKC (UAX #15), and whether that is all of it.

    The standard's NFC would tell full-width letters from half-width ones, which Japanese keyboards mix.
    More than could ever be chosen is cut off, so that nobody makes us normalise a megabyte.
    """
    limit = 4 * LONGEST  # composing shortens, four characters to one at most
    return unicodedata.normalize("NFKC", typed[:limit]), len(typed) <= limit


def check_length(password: str, shortest: int, *, whole: bool = True) -> None:
    """Counted in code points. Raises `Refused`."""
    if len(password) < shortest:
        raise Refused("too-short", f"a password has at least {shortest} characters")
    if not whole or len(password) > LONGEST:
        raise Refused("too-long", f"a password has at most {LONGEST} characters")


def check_guessable(password: str, user: User, names: Iterable[str]) -> None:
    """No rule of composition: only whole passwords that are tried first. Raises `Refused`.

    `names` are the tenant's and its services'.
    """
    folded = password.casefold()
    if _is_made_of(folded, words(user, names)):
        raise Refused("context", "a password must not be made of names: the user's, or the organisation's")
    if _is_run(folded) or not _stems(folded).isdisjoint(common()):
        raise Refused("common", "this password is among the first that everybody tries")


def words(user: User, names: Iterable[str]) -> Collection[str]:
    """What is known of everybody who could be meant, in parts: `Hanako SUZUKI` is two words and one."""
    known = (user.username, user.login_name, user.display_name, user.email or "", *names)
    folded = [unicodedata.normalize("NFKC", each).casefold() for each in known]
    parts = {part for each in folded for part in (*re.split(r"[\W_]+", each), re.sub(r"[\W_]+", "", each))}
    return {part for part in parts if _says_something(part)}


@cache
def common() -> frozenset[str]:
    """The built-in list."""
    text = files(__package__).joinpath("common.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def _says_something(word: str) -> bool:
    """Two characters are enough for a Japanese name."""
    return len(word) >= (SHORTEST_WORD if word.isascii() else 2)


def _stems(folded: str) -> frozenset[str]:
    """It, and the same without the digits and signs that people put behind a word, or around it."""
    behind = re.sub(r"[\W\d_]+$", "", folded)
    around = re.sub(r"^[\W\d_]+", "", behind)
    marked = re.sub(r"[\W_]+$", "", folded)  # many of the list end with digits
    return frozenset(stem for stem in (folded, marked, behind, around) if len(folded) - len(stem) < AROUND)


def _is_run(folded: str) -> bool:
    """One character after another: `aaaaaaaa`, `12345678`, `87654321`, or few of them over and over: `abcabcabc`."""
    steps = {ord(after) - ord(before) for before, after in pairwise(folded)}
    if len(steps) == 1 and abs(*steps) <= 1:
        return True
    return any(folded == (folded[:unit] * len(folded))[: len(folded)] for unit in range(1, LONGEST_UNIT + 1))


def _is_made_of(folded: str, known: Collection[str]) -> bool:
    """Whether nothing is left without these words but a few digits and signs."""
    if not known:
        return False
    rest = re.sub("|".join(map(re.escape, sorted(known, key=len, reverse=True))), "", folded)
    return rest != folded and len(rest) < AROUND and not re.search(r"[^\W\d_]", rest)
