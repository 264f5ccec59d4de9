"""Parsers of the RADIUS door: packets, what is in them, streams, and the dictionaries of administrators."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from functools import cache
from typing import Any, cast

from keys.secret import Secret
from protocols.radius.attribute_value import encode as encode_value
from protocols.radius.clients import NAS
from protocols.radius.dictionary import Dictionary
from protocols.radius.dictionary_file import DictionaryError, read
from protocols.radius.eap.conversation import Conversation
from protocols.radius.eap.message import GTC, IDENTITY, MSCHAPV2
from protocols.radius.method import Refused
from protocols.radius.methods import METHODS
from protocols.radius.packet import Malformed, Packet, decode, encode
from protocols.radius.settings import ServiceSettings
from protocols.radius.standard import STANDARD
from protocols.radius.streams import _read as read_stream
from tests.fuzz.place import written
from tests.fuzz.target import target
from tests.protocols.radius.fuzz import look, mutated, whole
from tests.protocols.radius.nas import SECRET, encoded

MICROSOFT = 311
HELD = tuple(
    Conversation(kind, 1, "alice", keeps=keeps).dump()
    for kind, keeps in ((IDENTITY, {}), (GTC, {}), (MSCHAPV2, {"challenge": "00" * 16}))
)
SETTINGS = ServiceSettings.model_validate(
    {
        "networks": ["127.0.0.1/32"],
        "secret": Secret(SECRET.decode()),
        "methods": ["pap", "chap", "mschap", "mschapv2", "eap-mschapv2", "eap-gtc"],
    }
)


def packets() -> list[bytes]:
    chance = random.Random(1)
    return [whole(chance) for _ in range(20)]


@target("radius-packet", packets, (b"\x50\x12", b"\x4f\x0b", b"\x1a\x0c\0\0\x01\x37"))
def look_at_packet(data: bytes) -> None:
    """Nothing is taken for signed, and what is read is written as it was."""
    packet = look(data)
    if packet is not None:
        assert encoded(packet.attributes) == packet.raw[20:]


def wrapped() -> list[bytes]:
    """Attributes that carry answers: EAP of each type, MS-CHAP of both versions, CHAP, PAP."""
    response = bytes((2, 1)) + bytes(48)
    mschapv2 = bytes((2, 1, 0, 54, 49)) + bytes(49) + b"alice"
    eap = [b"\1alice", b"\3\x1a", b"\x06123456", b"\x1a" + mschapv2, b"\x1a\3"]
    messages = [(79, struct.pack("!BBH", 2, 1, 4 + len(body)) + body) for body in eap]
    vendor = struct.pack("!I", MICROSOFT)
    return [
        *(encoded([(1, b"alice"), message]) for message in messages),
        encoded([(1, b"alice"), (3, bytes(17)), (60, bytes(16))]),
        encoded([(1, b"alice"), (2, bytes(16))]),
        encoded(
            [(1, b"alice"), (26, vendor + b"\x0b\x12" + bytes(16)), (26, vendor + b"\x19\x34" + response)]
        ),
        encoded(
            [(1, b"alice"), (26, vendor + b"\x0b\x0a" + bytes(8)), (26, vendor + b"\x01\x34" + response)]
        ),
    ]


@target(
    "radius-methods", wrapped, (b"\x4f\x0b\2\1\0\x09", b"\x1a\x0c\0\0\x01\x37", b"\2\1\0\5\6", b"\1\x03a")
)
def look_at_methods(data: bytes) -> None:
    """Behind the signature, in a conversation of each kind and in none: read or refused."""
    try:
        packet = decode(struct.pack("!BBH", 1, 7, 20 + len(data)) + bytes(16) + data)
    except (Malformed, struct.error):
        return
    nas = NAS(cast(Any, None), "vpn", SETTINGS)  # its tenant is for those who decide
    for method in METHODS:
        if method.is_used_by(packet):
            for held in (None, b"", *HELD):
                with contextlib.suppress(Malformed, Refused):
                    method.read(packet, nas, held)


@cache
def loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@target("radius-stream", lambda: [b"".join(packets()[:3])], (b"\1\0\0\x14", b"\1\0\0\0"))
def look_at_stream(data: bytes) -> None:
    """RADIUS/TLS: one packet after the other, of the length that each says, until the end."""
    loop().run_until_complete(read_all(data))


async def read_all(data: bytes) -> None:
    """Nothing is waited for: all of it lies there."""
    reader, read_so_far = asyncio.StreamReader(), b""
    reader.feed_data(data)
    reader.feed_eof()
    with contextlib.suppress(Malformed, EOFError):
        while (raw := await read_stream(reader)) is not None:
            read_so_far += raw
            assert data.startswith(read_so_far)
            with contextlib.suppress(Malformed):
                assert decode(raw).raw == raw


def dictionaries() -> list[bytes]:
    return [
        b"VENDOR Acme 9999 format=2,1\nBEGIN-VENDOR Acme\nATTRIBUTE Acme-Role 1 string\n"
        b"ATTRIBUTE Acme-Level 2 integer\n"
        b"VALUE Acme-Level High 3\nEND-VENDOR Acme\n",
        b"ATTRIBUTE Own 200 octets encrypt=1\nATTRIBUTE Tagged 201 integer has_tag # words\n$INCLUDE- nothing\n",
        b"BEGIN-TLV A\nATTRIBUTE B 1.2 ipaddr\nEND-TLV A\nALIAS a b\nFLAGS internal\n",
    ]


@target(
    "radius-dictionary",
    dictionaries,
    (b"ATTRIBUTE ", b"VALUE ", b"VENDOR ", b"format=", b"0x", b" has_tag", b"$INCLUDE "),
)
def look_at_dictionary(data: bytes) -> None:
    """Read or refused with its place; each attribute of it can then be set, or not, in words."""
    path = written(data.replace(b"$INCLUDE", b"$INCLUDE missing-"))
    try:
        found = read(path, STANDARD)
    except DictionaryError as error:
        assert str(path.parent) in str(error)
        return
    for definition in set_by(found):
        for text in ("High", "0x01", "192.0.2.1", "-1", "a" * 300):
            with contextlib.suppress(ValueError):
                kind, value = encode_value(definition, text)
                encode(2, 1, bytes(16), [(kind, value)], SECRET)


def set_by(found: Dictionary) -> list[Any]:
    return [each for name, each in found.attributes.items() if name not in STANDARD.attributes][:20]


@target("radius-setting", lambda: [b"192.0.2.1", b"0x7374616666", b"2001:db8::/48", b"0:0:0:1", b"3600"])
def look_at_setting(data: bytes) -> None:
    """What an administrator writes as the value of a reply attribute of each type."""
    text = data.decode("utf-8", "replace")
    for definition in STANDARD.attributes.values():
        with contextlib.suppress(ValueError):
            kind, value = encode_value(definition, text)
            packet = decode(encode(2, 1, bytes(16), [(kind, value)], SECRET))
            assert isinstance(packet, Packet) and packet.first(kind) == value


def spoilt(chance: random.Random, packet: bytes) -> bytes:
    """A packet as a stranger sends it."""
    return mutated(packet, chance)
