"""What a user answered, as far as the door that brings it can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from keys.secret import Secret


class Hashed(Protocol):
    """An answer that cannot be read: a hash of it over a challenge (CHAP, MS-CHAP), to be compared only.

    An authenticator that computes what it expects can check it; one that keeps a hash of its own cannot.
    """

    def matches(self, expected: Iterable[str]) -> Sequence[bool]:
        """For each expected text whether it is the answer. All are looked at."""


Answer = Secret | Hashed
