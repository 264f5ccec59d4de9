"""Sealing what a record says of a person under a key of that person: destroying it erases all that was said."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.mac import mac
from keys.seal import KEY_BYTES, NONCE_BYTES, Unsealable

PURPOSE = b"masugata audit record"
# A key seals one record, once, so the nonce need not differ (NIST SP 800-38D §8).
NONCE = bytes(NONCE_BYTES)


def new_secret() -> bytes:
    """A person's 32 random bytes."""
    return os.urandom(KEY_BYTES)


def record_key(secret: bytes, record_id: str) -> bytes:
    """The key of one record. Who is shown it can open that record and no other of the same person."""
    return mac(secret, PURPOSE + record_id.encode())


def seal(key: bytes, plaintext: bytes) -> bytes:
    """Encrypt (AES-256-GCM) under the key of one record, which must seal nothing else."""
    return AESGCM(key).encrypt(NONCE, plaintext, PURPOSE)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """The plaintext. Raises `keys.seal.Unsealable` for altered bytes and for the key of another record."""
    try:
        return AESGCM(key).decrypt(NONCE, bytes(sealed), PURPOSE)
    except (InvalidTag, ValueError):
        raise Unsealable from None
