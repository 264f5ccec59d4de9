"""A peer of EAP and MS-CHAPv2 that says what it is told to: what `eapol_test` cannot be made to do."""

from __future__ import annotations

import os
import struct

from protocols.radius import mschap
from protocols.radius.packet import EAP_MESSAGE, Attribute

HEADER = struct.Struct("!BBH")


def message(code: int, identifier: int, kind: int, data: bytes = b"") -> bytes:
    """One EAP message with a type."""
    return HEADER.pack(code, identifier, HEADER.size + 1 + len(data)) + bytes((kind,)) + data


def response(identifier: int, kind: int, data: bytes = b"") -> bytes:
    return message(2, identifier, kind, data)


def attributes(whole: bytes, size: int = 253) -> list[Attribute]:
    """As EAP-Message attributes."""
    return [(EAP_MESSAGE, whole[start : start + size]) for start in range(0, len(whole), size)]


def joined(found: list[Attribute] | tuple[Attribute, ...]) -> bytes:
    """The EAP message in a list of attributes."""
    return b"".join(value for kind, value in found if kind == EAP_MESSAGE)


def answer_mschapv2(request: bytes, name: str, password: str) -> bytes:
    """The response of EAP-MSCHAPv2 to a challenge request."""
    identifier, number, size = request[1], request[6], request[9]
    challenge = request[10 : 10 + size]
    own, inner = os.urandom(16), name.encode()
    hashed = mschap.challenge_hash(own, challenge, mschap.without_domain(inner))
    proof = mschap.challenge_response(hashed, mschap.nt_password_hash(password))
    value = bytes((49,)) + own + bytes(8) + proof + b"\0" + inner
    return response(identifier, 26, bytes((2, number)) + struct.pack("!H", 4 + len(value)) + value)
