"""What is written for many people, in transactions so short that who signs in meanwhile does not wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
SLICE: Final = (
    100  # people in a transaction: with all of them in one nobody could sign in on SQLite for as long
)


def slices(everybody: Sequence[T]) -> Iterator[Sequence[T]]:
    """All of them, so many at a time."""
    for begin in range(0, len(everybody), SLICE):
        yield everybody[begin : begin + SLICE]
