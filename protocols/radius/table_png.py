"""The table of digits as a PNG, for login pages of appliances that can show a picture and nothing else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_uppercase
from typing import Final

from protocols.radius.glyphs import inked

CELL, HEAD, NUMBER, MARGIN = 44, 32, 36, 8  # pixels: a cell's sides, the letters' height, the numbers' width
DIGIT: Final = (4.0, 1.7)  # unit and pen
LABEL: Final = (2.2, 0.9)
WHITE, BLOCK, LINE, EDGE, GREY, BLACK = 255, 238, 205, 120, 95, 16
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

Rows = Sequence[bytes]


def png(table: Sequence[str], blocks: int) -> bytes:
    """In grey, eight bits a pixel; about 560 by 220 pixels for twelve columns and four rows."""
    columns = len(table[0])
    width = columns // blocks
    letters = [
        _label(" ", NUMBER, HEAD),
        *(_label(letter, CELL, HEAD) for letter in ascii_uppercase[:columns]),
    ]
    rows = [*_beside(letters)]
    for number, digits in enumerate(table, 1):
        cells = (
            _cell(digit, column // width % 2, column % width == 0) for column, digit in enumerate(digits)
        )
        rows += _beside([_numbers(number), *cells])
    breadth = NUMBER + columns * CELL
    rows = [_blank(breadth)] * MARGIN + rows + [_blank(breadth)] * MARGIN
    margin = bytes((WHITE,)) * MARGIN
    return _file(breadth + 2 * MARGIN, [margin + row + margin for row in rows])


def _blank(width: int) -> bytes:
    return bytes((WHITE,)) * width


def _beside(fields: Sequence[Rows]) -> Iterator[bytes]:
    return (b"".join(parts) for parts in zip(*fields, strict=True))


@lru_cache(maxsize=64)
def _label(character: str, width: int, height: int) -> Rows:
    if character == " ":
        return [_blank(width)] * height
    return [_blend(row, WHITE, GREY) for row in inked(character, *LABEL, width, height)]


@lru_cache(maxsize=32)
def _numbers(number: int) -> Rows:
    """A row's number, which may have two digits."""
    text = str(number)
    share = NUMBER // 2 if len(text) > 1 else NUMBER
    return list(_beside([_label(character, share, CELL) for character in text]))


@lru_cache(maxsize=64)
def _cell(digit: str, odd: int, is_edge: bool) -> Rows:
    """A digit on its block's ground, with a line below and to the left; a block begins with a heavy one."""
    ground = BLOCK if odd else WHITE
    left = bytes((EDGE,)) * 3 if is_edge else bytes((LINE,))
    rows = [left + _blend(row, ground, BLACK)[len(left) :] for row in inked(digit, *DIGIT, CELL, CELL)]
    return [left + bytes((LINE,)) * (CELL - len(left)), *rows[1:]]


def _blend(ink: bytes, ground: int, colour: int) -> bytes:
    return bytes(ground + (colour - ground) * each // 255 for each in ink)


def _file(width: int, rows: Rows) -> bytes:
    """PNG (RFC 2083): header, pixels, end."""
    header = struct.pack("!IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
