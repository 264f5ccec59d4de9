"""Requests that come again get the same answer, and are not looked at twice (RFC 5080 §2.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SECONDS: Final = 30.0  # longer than a NAS repeats itself before it takes another identifier
MOST: Final = 100_000  # of about 500 bytes

Sender = tuple[str, int]  # address, port


@dataclass(slots=True)
class Heard:
    """A request by its authenticator. `reply` is None while it is being worked on."""

    authenticator: bytes
    at: float
    reply: bytes | None = None


class Duplicates:
    """What one socket has heard lately. The kernel keeps a sender with one worker, and so with this."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` counts seconds and never goes back."""
        self._clock = clock
        self._heard: dict[tuple[Sender, int], Heard] = {}  # oldest first

    def hear(self, sender: Sender, identifier: int, authenticator: bytes) -> Heard | None:
        """The same request if it was heard before; None if it is new, and remembered from now on."""
        now, key = self._clock(), (sender, identifier)
        before = self._heard.get(key)
        if before is not None:
            if before.authenticator == authenticator and now - before.at < SECONDS:
                return before
            del self._heard[key]
        self._forget(now)
        self._heard[key] = Heard(authenticator, now)
        return None

    def answer(self, sender: Sender, identifier: int, authenticator: bytes, reply: bytes | None) -> None:
        """What it was answered; with None it is forgotten, so that it may come again."""
        key = (sender, identifier)
        heard = self._heard.get(key)
        if heard is None or heard.authenticator != authenticator:
            return  # the identifier serves another request by now
        if reply is None:
            del self._heard[key]
        else:
            heard.reply = reply

    def _forget(self, now: float) -> None:
        """The oldest that are over, two at a time: more than comes in."""
        for _ in range(2):
            key = next(iter(self._heard), None)
            if key is None:
                return
            if now - self._heard[key].at < SECONDS and len(self._heard) < MOST:
                return
            del self._heard[key]
