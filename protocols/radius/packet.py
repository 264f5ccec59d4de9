"""The packet codec (RFC 2865 §3, §5): strict, and pure. What it cannot read whole it does not read at all."""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from keys.mac import mac
from storage.quick import quick

HEADER = struct.Struct("!BBH")
HEADER_BYTES, SHORTEST, LONGEST = 4, 20, 4096
LONGEST_VALUE = 253
BLOCK = 16

USER_NAME, USER_PASSWORD, CHAP_PASSWORD, NAS_IP_ADDRESS = 1, 2, 3, 4
REPLY_MESSAGE, STATE, VENDOR_SPECIFIC = 18, 24, 26
CALLING_STATION_ID, NAS_IDENTIFIER, PROXY_STATE = 31, 32, 33
CHAP_CHALLENGE, EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 60, 79, 80
ERROR_CAUSE = 101

Attribute = tuple[int, bytes]  # type, value


class Code(IntEnum):
    """The kinds of packets that we send or read."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42


class Malformed(ValueError):
    """Bytes that are no RADIUS packet, or an attribute that is not what its type says."""


@quick
@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it came. `raw` ends where the packet says that it does: what follows is padding."""

    code: int
    identifier: int
    authenticator: bytes
    attributes: tuple[Attribute, ...]
    raw: bytes
    firsts: Mapping[int, bytes]  # of each type the value that comes first
    signed_at: int | None = None  # where the value of Message-Authenticator begins in `raw`

    def first(self, kind: int) -> bytes | None:
        """The value of the first attribute of this type."""
        return self.firsts.get(kind)

    def all(self, kind: int) -> list[bytes]:
        """The values of all attributes of this type, in their order."""
        return [value for found, value in self.attributes if found == kind]

    def text(self, kind: int) -> str:
        """The first attribute of this type as text; empty where there is none. Raises `Malformed`."""
        try:
            text = (self.first(kind) or b"").decode()
        except UnicodeDecodeError:
            raise Malformed(f"attribute {kind} is not UTF-8") from None
        if "\0" in text:  # no database can keep it, and no name of anybody has it
            raise Malformed(f"attribute {kind} has a NUL")
        return text


def decode(datagram: bytes) -> Packet:
    """Raises `Malformed`."""
    if len(datagram) < SHORTEST:
        raise Malformed("shorter than a header")
    code, identifier, length = HEADER.unpack_from(datagram)
    if not SHORTEST <= length <= min(len(datagram), LONGEST):
        raise Malformed("the length is wrong")
    raw = datagram[:length]
    attributes: list[Attribute] = []
    signed_at = None
    place = SHORTEST
    while place < length:
        end = place + raw[place + 1] if place + 1 < length else 0
        if end < place + 2 or end > length:
            raise Malformed("an attribute overruns the packet")
        kind = raw[place]
        if kind == MESSAGE_AUTHENTICATOR:
            if signed_at is not None or end - place != BLOCK + 2:
                raise Malformed("Message-Authenticator is not once 16 bytes")
            signed_at = place + 2
        attributes.append((kind, raw[place + 2 : end]))
        place = end
    firsts = dict(reversed(attributes))
    return Packet(code, identifier, raw[HEADER_BYTES:SHORTEST], tuple(attributes), raw, firsts, signed_at)


def is_signed(packet: Packet, secret: bytes, authenticator: bytes | None = None) -> bool:
    """Whether it has a Message-Authenticator that only a holder of the secret could make (RFC 3579 §3.2).

    `authenticator` stands in the header while it is computed; None for the packet's own.
    """
    at = packet.signed_at
    if at is None:
        return False
    raw = packet.raw
    head = raw if authenticator is None else raw[:HEADER_BYTES] + authenticator + raw[SHORTEST:]
    computed = mac(secret, head[:at] + bytes(BLOCK) + head[at + BLOCK :], "md5")
    return hmac.compare_digest(computed, raw[at : at + BLOCK])


def is_accounting_authentic(packet: Packet, secret: bytes) -> bool:
    """Whether the Request Authenticator of an Accounting-Request is right (RFC 2866 §3)."""
    raw = packet.raw
    computed = hashlib.md5(raw[:HEADER_BYTES] + bytes(BLOCK) + raw[SHORTEST:] + secret).digest()  # noqa: S324
    return hmac.compare_digest(computed, packet.authenticator)


def encode(
    code: int, identifier: int, authenticator: bytes, attributes: Iterable[Attribute], secret: bytes
) -> bytes:
    """A signed packet under this authenticator; Message-Authenticator is its first attribute.

    It stands first because MD5 lets a forger choose what follows a prefix that he knows (CVE-2024-3596).
    Raises `Malformed` where a value or the packet would be too long.
    """
    body = b"".join(map(_attribute, attributes))
    length = SHORTEST + 2 + BLOCK + len(body)
    if length > LONGEST:
        raise Malformed("the packet would be too long")
    head = HEADER.pack(code, identifier, length) + authenticator
    opening = bytes((MESSAGE_AUTHENTICATOR, BLOCK + 2))
    signature = mac(secret, head + opening + bytes(BLOCK) + body, "md5")
    return head + opening + signature + body


def reply(code: int, request: Packet, attributes: Iterable[Attribute], secret: bytes) -> bytes:
    """The answer to a request (RFC 2865 §3), with its Proxy-States at the end, as they came (§5.33)."""
    echoed = [(PROXY_STATE, value) for value in request.all(PROXY_STATE)]
    signed = encode(code, request.identifier, request.authenticator, [*attributes, *echoed], secret)
    return authenticated(signed, secret)


def acknowledgement(request: Packet, secret: bytes) -> bytes:
    """An Accounting-Response. It has no Message-Authenticator: standards say none, clients disagree on what it were.

    It needs none: its authenticator covers that of the request, in which a forger can choose nothing.
    """
    body = b"".join(_attribute((PROXY_STATE, value)) for value in request.all(PROXY_STATE))
    head = HEADER.pack(Code.ACCOUNTING_RESPONSE, request.identifier, SHORTEST + len(body))
    return authenticated(head + request.authenticator + body, secret)


def vendor_specific(vendor: int, kind: int, value: bytes) -> Attribute:
    """One attribute of a vendor, in the recommended form (RFC 2865 §5.26). Raises `Malformed`."""
    if len(value) > LONGEST_VALUE - 6:
        raise Malformed(f"attribute {kind} of vendor {vendor} is too long")
    return VENDOR_SPECIFIC, struct.pack("!IBB", vendor, kind, len(value) + 2) + value


def vendor_attributes(packet: Packet, vendor: int) -> list[Attribute]:
    """A vendor's attributes, in the recommended form. Raises `Malformed`."""
    found: list[Attribute] = []
    for value in packet.all(VENDOR_SPECIFIC):
        if len(value) < HEADER_BYTES or int.from_bytes(value[:HEADER_BYTES]) != vendor:
            continue
        place = HEADER_BYTES
        while place < len(value):
            end = place + value[place + 1] if place + 1 < len(value) else 0
            if end < place + 2 or end > len(value):
                raise Malformed(f"an attribute of vendor {vendor} overruns its attribute")
            found.append((value[place], value[place + 2 : end]))
            place = end
    return found


def authenticated(packet: bytes, secret: bytes) -> bytes:
    """With the authenticator that covers what stands in its place."""
    authenticator = hashlib.md5(packet + secret).digest()  # noqa: S324  what the protocol is made of
    return packet[:HEADER_BYTES] + authenticator + packet[SHORTEST:]


def _attribute(attribute: Attribute) -> bytes:
    kind, value = attribute
    if len(value) > LONGEST_VALUE:
        raise Malformed(f"attribute {kind} is too long")
    return bytes((kind, len(value) + 2)) + value
