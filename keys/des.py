"""DES with one block and a key of 56 bits: broken long ago, and the heart of MS-CHAP (RFC 2433 §A.5)."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

KEY_BYTES = 7


def encrypt_block(block: bytes, key: bytes) -> bytes:
    """One block of 8 bytes under a key of 7. Thrice with one key is once: E(D(E(x)))."""
    eighth = _with_parity(key)
    encryptor = Cipher(TripleDES(eighth * 3), ECB()).encryptor()  # noqa: S305
    return encryptor.update(block) + encryptor.finalize()


def _with_parity(key: bytes) -> bytes:
    """Seven bits a byte; the eighth, parity, is looked at by nobody."""
    bits = int.from_bytes(key)
    return bytes((bits >> shift & 0x7F) << 1 for shift in range(49, -1, -7))
