"""Mutated datagrams against everything that reads them before a signature was checked, and after.

python -m tests.protocols.radius.fuzz [--datagrams 1000000] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import struct
import time
from collections.abc import Iterator

from protocols.radius.packet import BLOCK, Malformed, Packet, decode, is_signed, vendor_attributes
from tests.protocols.radius.nas import SECRET, encoded, hidden

KINDS = (1, 2, 3, 24, 26, 31, 33, 60, 79, 80)
MICROSOFT = 311


def whole(chance: random.Random) -> bytes:
    """A packet with one of everything."""
    authenticator = chance.randbytes(16)
    attributes = [
        (1, b"alice"), (2, hidden(b"123456", authenticator, SECRET)), (3, chance.randbytes(17)),
        (24, chance.randbytes(20)), (26, struct.pack("!IBB", MICROSOFT, 25, 52) + chance.randbytes(50)),
        (31, b"192.0.2.7"), (33, b"proxy"), (60, chance.randbytes(16)), (79, b"\2\1\0\x0a\1alice"),
        (80, chance.randbytes(16)),
    ]  # fmt: skip
    body = encoded(chance.sample(attributes, chance.randint(0, len(attributes))))
    return struct.pack("!BBH", chance.choice((1, 4, 12)), 7, 20 + len(body)) + authenticator + body


def mutated(packet: bytes, chance: random.Random = random) -> bytes:  # type: ignore[assignment]
    """A few bytes changed, cut or added; the length in the header follows more often than not."""
    draft = bytearray(packet)
    for _ in range(chance.randint(1, 6)):
        way = chance.random()
        if way < 0.6 and draft:
            draft[chance.randrange(len(draft))] = chance.randrange(256)
        elif way < 0.8:
            del draft[chance.randrange(len(draft) + 1) :]
        else:
            draft += chance.randbytes(chance.randint(1, 30))
    if len(draft) >= 4 and chance.random() < 0.7:
        draft[2:4] = struct.pack("!H", len(draft) & 0xFFFF)
    return bytes(draft)


def look(datagram: bytes) -> Packet | None:
    """All that happens to a datagram until its signature is known. Raises nothing."""
    try:
        packet = decode(datagram)
        vendor_attributes(packet, MICROSOFT)
        packet.text(1)
    except Malformed:
        return None
    assert not is_signed(packet, SECRET)
    assert not is_signed(packet, SECRET, bytes(BLOCK))
    assert sum(len(value) + 2 for _, value in packet.attributes) + 20 == len(packet.raw)
    return packet


def looked(count: int, seed: int) -> Iterator[Packet | None]:
    chance = random.Random(seed)
    for _ in range(count):
        yield look(mutated(whole(chance), chance))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    read = sum(packet is not None for packet in looked(given.datagrams, given.seed))
    print(f"{given.datagrams} datagrams, {read} of them readable, none taken for signed (seed {given.seed})")


if __name__ == "__main__":
    main()
