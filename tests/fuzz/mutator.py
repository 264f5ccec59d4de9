"""Mutated inputs out of right ones: the same ones for the same seed, on every machine."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence

from tests.fuzz.target import LONGEST, Target


def inputs(target: Target, count: int, seed: int = 1) -> Iterator[bytes]:
    """So many for a target, what is right among them first."""
    seeds = target.seeds()
    yield from seeds
    chance = random.Random(zlib.crc32(target.name.encode()) ^ seed)
    for _ in range(count):
        yield mutated(chance, chance.choice(seeds), seeds, target.words)


def mutated(chance: random.Random, data: bytes, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Changed at one to six places: cut, doubled, overwritten, put together with another."""
    draft = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(draft) + 1), chance.choice((1, 1, 2, 4, 8, 40, 400))
        match chance.randrange(8):
            case 0:
                del draft[at : at + length]
            case 1 | 2:
                draft[at : at + chance.choice((0, 0, length))] = chance.choice(words)
            case 3:
                draft[at:at] = draft[at : at + length] * chance.choice((1, 1, 2, 50))
            case 4:
                draft[at : at + 1] = bytes((chance.randrange(256),))
            case 5 if at < len(draft):
                draft[at] ^= 1 << chance.randrange(8)
            case 6:
                other = chance.choice(seeds)
                draft[at:] = other[chance.randrange(len(other) + 1) :]
            case 7:
                draft[at:at] = chance.randbytes(chance.choice((1, 4, 16)))
    return bytes(draft[:LONGEST])
