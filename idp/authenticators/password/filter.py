"""A list of breached passwords as a Bloom filter in one file, mapped into memory: small, and never wrong about a hit.

The file is a header and blocks of 64 bytes. Every bit of a password lies in one block, so that a look-up reads one
cache line (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007).
"""

from __future__ import annotations

import hashlib
import math
import mmap
import os
import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

HEADER: Final = struct.Struct(">8sIIQQd24x")  # magic, version, bits of a password, blocks, passwords, rate
MAGIC, VERSION = b"masubrch", 1
BLOCK: Final = 64  # bytes
PROBES: Final = 10  # bits of a block that one password sets
INDEX_BITS: Final = 9  # that name one of the 512 bits of a block
BITS_A_WORD: Final = (
    16  # 2 bytes for each password of the list: about one in 1,500 others is taken for one of them
)
CHUNK: Final = 1 << 20
# A line of a list of hashes: SHA-1 in hexadecimal, and perhaps how often it was seen.
_HASHED: Final = re.compile(rb"([0-9A-Fa-f]{40})(:[0-9]+)?")


class NoFilter(ValueError):
    """The file is none that `build` has written."""


@dataclass(frozen=True, slots=True)
class Filter:
    """An open list. `words` are how many it was made of, `rate` is how often it takes another for one of them."""

    words: int
    rate: float
    _blocks: int
    _map: mmap.mmap

    @classmethod
    def open(cls, file: Path) -> Self:
        """Raises OSError, and `NoFilter`. Nothing is read yet but the header."""
        with file.open("rb") as opened:
            header, size = opened.read(HEADER.size), os.fstat(opened.fileno()).st_size
            if len(header) < HEADER.size or not header.startswith(MAGIC):
                raise NoFilter("is no list of breached passwords, idp password filter build makes one")
            _, version, probes, blocks, words, rate = HEADER.unpack(header)
            if (version, probes) != (VERSION, PROBES):
                raise NoFilter("was made by another release, build it anew")
            if size != HEADER.size + blocks * BLOCK:
                raise NoFilter("was cut off, build it anew")
            return cls(words, rate, blocks, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ))

    def __contains__(self, password: str) -> bool:
        """Whether it is on the list. Every one that is, is found."""
        at, mask = _place(digest(password.encode("utf-8", "surrogatepass")), self._blocks)
        return int.from_bytes(self._map[at : at + BLOCK]) & mask == mask


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a list."""

    words: int
    rate: float
    size: int  # bytes


def build(source: Path, target: Path, bits: int = BITS_A_WORD) -> Built:
    """Make a filter of a list that has a password, or its SHA-1, on each line. It is read twice.

    `bits` are kept for each line. The target takes its place at once when it is whole. Raises OSError, and ValueError
    for a list without a word.
    """
    blocks = max(1, math.ceil(_lines(source) * bits / (8 * BLOCK)))
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("xb+") as file:
            os.posix_fallocate(
                file.fileno(), 0, HEADER.size + blocks * BLOCK
            )  # a full disk kills who maps a hole
            with mmap.mmap(file.fileno(), 0) as mapped:
                words = _fill(mapped, source, blocks)
                rate = _rate(mapped, blocks)
                mapped[: HEADER.size] = HEADER.pack(MAGIC, VERSION, PROBES, blocks, words, rate)
                mapped.flush()
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return Built(words, rate, HEADER.size + blocks * BLOCK)


def digest(password: bytes) -> bytes:
    """SHA-1, because published lists have it: it hides nothing here and spreads passwords over the blocks."""
    return hashlib.sha1(password, usedforsecurity=False).digest()


def _lines(source: Path) -> int:
    with source.open("rb") as file:
        return 1 + sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))


def _fill(mapped: mmap.mmap, source: Path, blocks: int) -> int:
    words = 0
    for words, each in enumerate(_digests(source), 1):  # noqa: B007  counts
        at, mask = _place(each, blocks)
        held = int.from_bytes(mapped[at : at + BLOCK])
        mapped[at : at + BLOCK] = (held | mask).to_bytes(BLOCK)
    if not words:
        raise ValueError("there is no password in the list")
    return words


def _digests(source: Path) -> Iterator[bytes]:
    with source.open("rb", buffering=CHUNK) as lines:
        for line in lines:
            word = line.rstrip(b"\r\n")
            if hashed := _HASHED.fullmatch(word):
                yield bytes.fromhex(hashed[1].decode())
            elif word:
                yield digest(_normalised(word))


def _normalised(word: bytes) -> bytes:
    """As passwords are before they are looked up. Old lists have lines in no encoding at all."""
    try:
        return unicodedata.normalize("NFKC", word.decode()).encode()
    except UnicodeDecodeError:
        return word


def _place(digest: bytes, blocks: int) -> tuple[int, int]:
    """Where in the file its block begins, and the bits that it sets there.

    Hashes in order come to blocks in order: a list that is sorted is written from the beginning to the end.
    """
    block = int.from_bytes(digest[:8]) * blocks >> 64
    rest, mask = int.from_bytes(digest[8:]), 0
    for _ in range(PROBES):
        mask |= 1 << (rest & (8 * BLOCK - 1))
        rest >>= INDEX_BITS
    return HEADER.size + block * BLOCK, mask


def _rate(mapped: mmap.mmap, blocks: int) -> float:
    """How often a password that is on no list is found: counted from the bits that are set, block by block."""
    chances = (
        (int.from_bytes(mapped[at : at + BLOCK]).bit_count() / (8 * BLOCK)) ** PROBES
        for at in range(HEADER.size, HEADER.size + blocks * BLOCK, BLOCK)
    )
    return math.fsum(chances) / blocks
