"""What is fuzzed: one small function a parser, which raises only where the parser has a defect."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cryptography.utils import CryptographyDeprecationWarning

Look = Callable[[bytes], None]

LONGEST = 64 * 1024  # bytes of an input: several times what a parser has to take in a request


class TooSlow(AssertionError):
    """One input took more of the processor than any honest one could."""


@dataclass(frozen=True)
class Target:
    """`look` gives a parser what `data` says; `seeds` are right, `words` are what mutations put in."""

    name: str
    look: Look
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[bytes]
    seconds: float  # of CPU for one input, at most

    def check(self, data: bytes) -> None:
        """Raises whatever a defect raises, and `TooSlow`. It is this thread's time: others do not count."""
        began = time.thread_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of what others should not write
            self.look(data)
        taken = time.thread_time() - began
        if taken > self.seconds:
            raise TooSlow(f"{self.name}: {taken:.1f} s for {len(data)} bytes")


TARGETS: dict[str, Target] = {}


def target(
    name: str, seeds: Callable[[], Sequence[bytes]], words: Iterable[bytes] = (), seconds: float = 2.0
) -> Callable[[Look], Look]:
    """Puts a function into `TARGETS`."""

    def add(look: Look) -> Look:
        assert name not in TARGETS, name
        TARGETS[name] = Target(name, look, seeds, (*COMMON, *words), seconds)
        return look

    return add


# What ends a value, opens another, or is read in two ways by somebody.
COMMON = (
    b"", b"\0", b"%00", b"\r\n", b" ", b"\t", b"'", b'"', b"\\", b"/", b"..", b"&", b"=", b"%", b"+", b";", b",", b":",
    b"<", b">", b"(", b"[", b"{", b"#", b"@", b"-1", b"9" * 25, b"9" * 5000, b"1e999", b"NaN", b"\xff", b"\xc0\x80",
    b"\xed\xa0\x80", b"\\ud800", "有".encode(), "\u202e".encode(), "\u0345".encode(), "İ".encode(), "ﬀ".encode(),
    b"null", b"true", b"[[[[[[[[", b'{"a":' * 50,
)  # fmt: skip
