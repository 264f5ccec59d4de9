"""AES-CBC as XML Encryption has it (§5.2): only ever opened, and only behind a checked HMAC."""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
KEY_BYTES: Final = (16, 24, 32)


class Unreadable(ValueError):
    """Made with another key, altered, or no ciphertext at all. It never says which."""


def check(mac_key: bytes, digest: str, content: bytes, mac: bytes) -> None:
    """Raises `Unreadable` unless `mac` is the HMAC of the content. `digest` is what `hashlib` calls the hash."""
    if not hmac.compare_digest(hmac.digest(mac_key, content, digest), mac):
        raise Unreadable


def decrypt(key: bytes, content: bytes) -> bytes:
    """The plaintext of an initialization vector and what follows it. Raises `Unreadable`."""
    vector, ciphertext = content[:BLOCK], content[BLOCK:]
    if len(key) not in KEY_BYTES or not ciphertext or len(ciphertext) % BLOCK:
        raise Unreadable
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    if not 1 <= padded[-1] <= BLOCK:  # the last byte says how many were added, whatever the others are
        raise Unreadable
    return padded[: -padded[-1]]
