"""Random bearer secrets, and the hashes by which they are stored."""

from __future__ import annotations

import hashlib
import os

from keys import base64url
from keys.secret import Secret

TOKEN_BYTES = 32
ID_BYTES = 16


def new_token() -> Secret:
    """A fresh bearer secret: 256 random bits as base64url (RFC 6749 §10.10 asks for at least 128)."""
    return Secret(_random(TOKEN_BYTES))


def hash_token(token: Secret) -> bytes:
    """The 32 bytes under which a bearer secret is stored.

    SHA-256 without salt or stretching is enough: the input has 256 bits of its own. Takes any text: bytes of a
    header that are no UTF-8 arrive as halves of surrogate pairs, and are nobody's secret.
    """
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).digest()


def new_id() -> str:
    """A random identifier that is not a secret: 128 bits as base64url."""
    return _random(ID_BYTES)


def _random(size: int) -> str:
    """From the system's secure source, as `secrets.token_urlsafe` has it, by half as many calls."""
    return base64url.encode(os.urandom(size)).decode()
