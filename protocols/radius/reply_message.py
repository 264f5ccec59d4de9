"""Lines for people as Reply-Message attributes (RFC 2865 §5.18): one line each, as clients show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from protocols.radius.packet import LONGEST_VALUE, REPLY_MESSAGE, Attribute


def reply_messages(lines: Iterable[str]) -> list[Attribute]:
    """A line that is too long for an attribute goes on in the next, without a letter cut in two."""
    return [(REPLY_MESSAGE, part) for line in lines for part in _parts(line.encode())]


def _parts(line: bytes) -> Iterator[bytes]:
    while len(line) > LONGEST_VALUE:
        end = LONGEST_VALUE
        while line[end] & 0xC0 == 0x80:  # within a letter of UTF-8 (RFC 3629 §3)
            end -= 1
        yield line[:end]
        line = line[end:]
    yield line
