"""What a step costs, counted and not timed: every statement of the database, everything that is decrypted, hashed,
verified or drawn. The same work gives the same numbers on every machine, however busy it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from idp.authenticators import hotp
from idp.authenticators.matrix import matrix, table
from idp.authenticators.passkey.ceremony import Ceremony
from idp.authenticators.password import password
from keys.seal import Vault
from storage.sqlite import SQLiteJournal, SQLiteReader

Work = Counter[str]

# Where each is done, and by what name it is called there.
PLACES: tuple[tuple[Any, str], ...] = (
    (SQLiteJournal, "run"),
    (SQLiteReader, "query"),
    (Vault, "open"),
    (Vault, "seal"),
    (password, "is_hash_of"),
    (hotp, "codes"),
    (Ceremony, "asserted"),
    (table, "draw"),
    (matrix, "matches"),
)


@contextmanager
def counted() -> Iterator[Work]:
    """What is done meanwhile, by name; of statements, which."""
    work: Work = Counter()
    kept = [(place, name, place.__dict__[name]) for place, name in PLACES]
    for place, name, real in kept:
        setattr(place, name, _watched(work, name, real))
    try:
        yield work
    finally:
        for place, name, real in kept:
            setattr(place, name, real)


def _watched(work: Work, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    is_statement = name in ("run", "query")

    def watched(*given: Any, **named: Any) -> Any:
        done = real(*given, **named)
        work[" ".join(given[1].split()) if is_statement else name] += len(done) if name == "codes" else 1
        return done

    return watched
