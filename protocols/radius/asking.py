"""What we ask of a NAS ourselves (RFC 5176): requests, and whether an answer is its own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from protocols.radius.packet import BLOCK, HEADER_BYTES, SHORTEST, Attribute, Packet, authenticated, encode


def request(code: int, identifier: int, attributes: Iterable[Attribute], secret: bytes) -> bytes:
    """A request whose authenticator is made of its content (RFC 2866 §3, RFC 5176 §2.3)."""
    return authenticated(encode(code, identifier, bytes(BLOCK), attributes, secret), secret)


def is_reply_authentic(packet: Packet, asked: bytes, secret: bytes) -> bool:
    """Whether it answers the request that has the authenticator `asked`, by a holder of the secret."""
    raw = packet.raw
    computed = hashlib.md5(raw[:HEADER_BYTES] + asked + raw[SHORTEST:] + secret).digest()  # noqa: S324
    return hmac.compare_digest(computed, packet.authenticator)
