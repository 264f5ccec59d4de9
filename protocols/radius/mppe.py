"""Session keys in an Access-Accept, hidden from all but the NAS (RFC 2548 §2.4)."""

from __future__ import annotations

import os
from typing import Final

from protocols.radius.hiding import hide
from protocols.radius.packet import BLOCK, Attribute, vendor_specific

MICROSOFT: Final = 311
MPPE_KEYS, ENCRYPTION_POLICY, ENCRYPTION_TYPES, SEND_KEY, RECEIVE_KEY = 12, 7, 8, 16, 17
_ALLOWED: Final = (1).to_bytes(4)  # the client may encrypt, and need not: the NAS decides (§2.4.4)
_RC4_40_OR_128: Final = (6).to_bytes(4)  # §2.4.5


def session_keys(send: bytes, receive: bytes, secret: bytes, authenticator: bytes) -> list[Attribute]:
    """What the NAS sends and receives with; `authenticator` is the request's."""
    salt = int.from_bytes(os.urandom(2)) | 0x8000  # the first bit is set, and no two in a packet are alike
    return [
        _salted(RECEIVE_KEY, receive, salt, secret, authenticator),
        _salted(SEND_KEY, send, salt ^ 1, secret, authenticator),
    ]


def keys_v1(keys: bytes, secret: bytes, authenticator: bytes) -> Attribute:
    """MS-CHAP-MPPE-Keys, 32 bytes."""
    return vendor_specific(MICROSOFT, MPPE_KEYS, hide(keys, secret, authenticator))


def encryption() -> list[Attribute]:
    """How a NAS that speaks PPP may encrypt with these keys."""
    return [
        vendor_specific(MICROSOFT, ENCRYPTION_POLICY, _ALLOWED),
        vendor_specific(MICROSOFT, ENCRYPTION_TYPES, _RC4_40_OR_128),
    ]


def _salted(kind: int, key: bytes, salt: int, secret: bytes, authenticator: bytes) -> Attribute:
    head = salt.to_bytes(2)
    plain = bytes((len(key),)) + key
    padded = plain + bytes(-len(plain) % BLOCK)
    return vendor_specific(MICROSOFT, kind, head + hide(padded, secret, authenticator + head))
