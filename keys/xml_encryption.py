"""The encryption algorithms of XML Encryption: AES-GCM for the content, RSA-OAEP for its key (XML Encryption 1.1)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES128_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
AES256_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
KEY_BYTES: Final[Mapping[str, int]] = {AES128_GCM: 16, AES256_GCM: 32}
OAEP_MGF1P: Final = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"  # MGF1 with SHA-1, whatever the digest
OAEP: Final = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
SHA1: Final = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

# OAEP rests on no collision resistance: SHA-1 is as good here, and what every service can (RFC 8017 §B.1).
_DIGESTS: Final[Mapping[str, type[hashes.HashAlgorithm]]] = {SHA1: hashes.SHA1, SHA256: hashes.SHA256}


class Undecipherable(ValueError):
    """Encrypted by another way or for another key, or altered. It never says which."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key to encrypt for."""

    key: rsa.RSAPublicKey

    def encrypt(self, plaintext: bytes, method: str) -> tuple[bytes, bytes]:
        """A fresh key, encrypted by `OAEP_MGF1P` with SHA-1, and the content as XML Encryption 1.1 §5.2.4 has it."""
        content_key, nonce = os.urandom(KEY_BYTES[method]), os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(content_key).encrypt(nonce, plaintext, None)
        return self.key.encrypt(content_key, _oaep(hashes.SHA1, hashes.SHA1)), nonce + ciphertext


def decrypt(content_key: bytes, method: str, content: bytes) -> bytes:
    """The plaintext. Raises `Undecipherable`; only authenticated encryption is known, so nothing can be probed."""
    if KEY_BYTES.get(method) != len(content_key) or len(content) < NONCE_BYTES + TAG_BYTES:
        raise Undecipherable
    try:
        return AESGCM(content_key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], None)
    except InvalidTag:
        raise Undecipherable from None


def unwrap(key: Any, wrapped: bytes, method: str, digest: str) -> bytes:
    """The content key, `digest` being that of OAEP. Raises `Undecipherable`."""
    known = _DIGESTS.get(digest)
    if known is None or method not in (OAEP_MGF1P, OAEP) or not isinstance(key, rsa.RSAPrivateKey):
        raise Undecipherable
    try:
        return key.decrypt(wrapped, _oaep(hashes.SHA1, known))
    except ValueError:
        raise Undecipherable from None


def _oaep(mask: type[hashes.HashAlgorithm], digest: type[hashes.HashAlgorithm]) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(mask()), algorithm=digest(), label=None)
