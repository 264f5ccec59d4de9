"""MD4 (RFC 1320): nothing is safe with it, and MS-CHAP hashes passwords with nothing else (RFC 2433, RFC 2759)."""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_START: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
# For each round: what is added, the rotations, and the order of the words (§3.4).
_ROUNDS: Final = (
    (0x00000000, (3, 7, 11, 19), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
    (0x5A827999, (3, 5, 9, 13), (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def md4(message: bytes) -> bytes:
    """The digest, 16 bytes."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + struct.pack("<Q", 8 * len(message))
    state = _START
    for start in range(0, len(padded), 64):
        state = _mixed(state, struct.unpack_from("<16I", padded, start))
    return struct.pack("<4I", *state)


def _mixed(state: tuple[int, int, int, int], words: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The state after one block of 16 words."""
    a, b, c, d = state
    for number, (constant, rotations, order) in enumerate(_ROUNDS):
        for step, word in enumerate(order):
            if number == 0:
                mixed = b & c | ~b & d
            elif number == 1:
                mixed = b & c | b & d | c & d
            else:
                mixed = b ^ c ^ d
            total = (a + mixed + words[word] + constant) & _MASK
            by = rotations[step % 4]
            a, b, c, d = d, (total << by | total >> 32 - by) & _MASK, b, c
    before_a, before_b, before_c, before_d = state
    return (before_a + a) & _MASK, (before_b + b) & _MASK, (before_c + c) & _MASK, (before_d + d) & _MASK
