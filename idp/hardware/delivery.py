"""What a maker's list says, whatever its format: tokens with their secrets, or mistakes with their lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from idp.authenticators import Refused
from idp.authenticators.device import Device, checked

MOST_TOKENS: Final = 10_000
LARGEST: Final = 16 * 1024 * 1024  # bytes of a file
LONGEST: Final = 64  # characters of a serial number
MOST_COUNTS: Final = 2**63 - 1  # that the database holds; a counter has 64 bits (RFC 4226 §5.1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One token. `counter` is the last step that counts as used, -1 for none."""

    line: int
    device: Device
    manufacturer: str = ""
    counter: int = -1
    drift: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a list, where it stands. It never repeats a secret."""

    line: int
    words: str


class Faulty(ValueError):
    """Something that one token cannot be made of. `line` is 0 where the token's own is meant."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.line = line


@dataclass(slots=True)
class Delivery:
    """All tokens of a list, or all its mistakes."""

    tokens: list[Delivered] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _serials: set[str] = field(default_factory=set)

    def add(self, token: Delivered) -> None:
        """Keep the token if we can work with it; otherwise what is wrong with it."""
        serial = token.device.serial
        if serial in self._serials:
            self.fault(token.line, f"serial number {serial} stands in the list twice")
        elif not serial or len(serial) > LONGEST or not serial.isprintable():
            self.fault(token.line, f"a serial number has 1 to {LONGEST} characters that can be seen")
        elif len(self.tokens) >= MOST_TOKENS:
            self.fault(token.line, f"a list has {MOST_TOKENS} tokens at most")
        elif not -1 <= token.counter < MOST_COUNTS:
            self.fault(token.line, "a counter is a number from 0 on")
        else:
            try:
                checked(token.device)
            except Refused as refused:
                self.fault(token.line, f"{serial}: {refused.words}")
            else:
                self.tokens.append(token)
        self._serials.add(serial)

    def fault(self, line: int, words: str) -> None:
        self.faults.append(Fault(line, words))
