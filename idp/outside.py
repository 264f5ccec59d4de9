"""Whoever waits for somebody outside gives his place back meanwhile: places are for what is done here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Place(Protocol):
    """One of those that are being answered, in whichever door it was let in."""

    def leave(self) -> None:
        """Another may come in."""

    def resume(self) -> None:
        """It goes on at once, if there are others in its place too: it has begun, and is nearly at its end."""


HELD: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def outside() -> Iterator[None]:
    """Hold no place while the block runs. Whoever uses it bounds by himself how many may wait for the same thing."""
    place = HELD.get()
    if place is None:
        yield
        return
    place.leave()
    try:
        yield
    finally:
        place.resume()
