"""base64url without padding, as JOSE writes it (RFC 7515 §2)."""

from __future__ import annotations

import base64
import binascii
import re

_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=")


def encode_int(number: int) -> str:
    """A positive integer as base64urlUInt (RFC 7518 §2): big endian, as short as it can be."""
    return encode(number.to_bytes((number.bit_length() + 7) // 8 or 1)).decode()


def decode(text: bytes) -> bytes:
    """Raises ValueError for padding, white space, and anything else that `encode` never writes.

    One value has one spelling: bits that the last character carries beyond the data must be zero.
    """
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if encode(data) != text:
        raise ValueError("not base64url in its one spelling")
    return data
