"""What is hidden on the way by the shared secret: passwords (RFC 2865 §5.2), and keys in the same way."""

from __future__ import annotations

import hashlib

from protocols.radius.packet import BLOCK, Malformed

LONGEST = 128


def reveal(hidden: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """A User-Password without its padding (RFC 2865 §5.2). Raises `Malformed`."""
    if len(hidden) % BLOCK or not BLOCK <= len(hidden) <= LONGEST:
        raise Malformed("User-Password has a wrong length")
    plain, before = [], authenticator
    for place in range(0, len(hidden), BLOCK):
        block = hidden[place : place + BLOCK]
        plain.append(_xor(block, hashlib.md5(secret + before).digest()))  # noqa: S324
        before = block
    return b"".join(plain).rstrip(b"\0")


def hide(plain: bytes, secret: bytes, start: bytes) -> bytes:
    """Whole blocks, hidden. `start` is the request's authenticator, with the salt of a key behind it (RFC 2548)."""
    hidden, before = [], start
    for place in range(0, len(plain), BLOCK):
        before = _xor(plain[place : place + BLOCK], hashlib.md5(secret + before).digest())  # noqa: S324
        hidden.append(before)
    return b"".join(hidden)


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))
