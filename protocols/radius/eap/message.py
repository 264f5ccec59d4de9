"""EAP messages (RFC 3748 §4), and how they travel in EAP-Message attributes (RFC 3579 §3.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from protocols.radius.packet import EAP_MESSAGE, LONGEST_VALUE, Attribute, Malformed, Packet

HEADER = struct.Struct("!BBH")
IDENTITY, NAK, MD5, GTC, MSCHAPV2 = 1, 3, 4, 6, 26


class Code(IntEnum):
    """RFC 3748 §4."""

    REQUEST = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


@dataclass(frozen=True, slots=True)
class Response:
    """What the peer says."""

    identifier: int
    kind: int  # the type of RFC 3748 §5
    data: bytes


def read(packet: Packet) -> Response | None:
    """The peer's response, joined from all attributes; None where it has none and we should begin.

    Raises `Malformed`. What follows the message, by its own length, is padding of a lower layer (§4.1).
    """
    whole = b"".join(packet.all(EAP_MESSAGE))
    if not whole:
        return None  # EAP-Start (RFC 3579 §2.1)
    if len(whole) < HEADER.size + 1:
        raise Malformed("an EAP message is shorter than its header")
    code, identifier, length = HEADER.unpack_from(whole)
    if code != Code.RESPONSE or not HEADER.size < length <= len(whole):
        raise Malformed("an EAP message is no response, or not as long as it says")
    return Response(identifier, whole[HEADER.size], whole[HEADER.size + 1 : length])


def request(identifier: int, kind: int, data: bytes = b"") -> list[Attribute]:
    """A request of ours."""
    length = HEADER.size + 1 + len(data)
    return _attributes(HEADER.pack(Code.REQUEST, identifier, length) + bytes((kind,)) + data)


def end(code: Code, identifier: int) -> list[Attribute]:
    """Success or Failure; its identifier is that of the response before it (§4.2)."""
    return _attributes(HEADER.pack(code, identifier, HEADER.size))


def _attributes(message: bytes) -> list[Attribute]:
    return [
        (EAP_MESSAGE, message[start : start + LONGEST_VALUE])
        for start in range(0, len(message), LONGEST_VALUE)
    ]
