"""The signature algorithms we speak, as a closed table by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys import base64url

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

RSA_BITS = 2048
P256_BYTES = 32


class Algorithm(ABC):
    """One way of signing. Keys are passed in; a key of another kind is a ValueError."""

    name: ClassVar[str]

    @abstractmethod
    def generate(self) -> PrivateKey:
        """A fresh private key. RSA takes a tenth of a second."""

    @abstractmethod
    def sign(self, key: PrivateKey, message: bytes) -> bytes: ...

    @abstractmethod
    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool: ...

    @abstractmethod
    def members(self, key: PublicKey) -> Mapping[str, str]:
        """The members of the public JWK that RFC 7638 §3.2 requires for a thumbprint, by name."""

    @abstractmethod
    def load(self, members: Mapping[str, str]) -> PublicKey:
        """The public key of which these are the members. Raises KeyError and ValueError."""


class RS256(Algorithm):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3)."""

    name = "RS256"
    _padding = padding.PKCS1v15()
    _hash = hashes.SHA256()

    def generate(self) -> PrivateKey:
        return rsa.generate_private_key(65537, RSA_BITS)

    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        return cast(rsa.RSAPrivateKey, key).sign(message, self._padding, self._hash)

    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool:
        try:
            cast(rsa.RSAPublicKey, key).verify(signature, message, self._padding, self._hash)
        except InvalidSignature:
            return False
        return True

    def members(self, key: PublicKey) -> Mapping[str, str]:
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_BITS:
            raise ValueError("RS256 needs an RSA key of 2048 bits or more (RFC 7518 §3.3)")
        numbers = key.public_numbers()
        return {"e": base64url.encode_int(numbers.e), "kty": "RSA", "n": base64url.encode_int(numbers.n)}

    def load(self, members: Mapping[str, str]) -> PublicKey:
        return rsa.RSAPublicNumbers(*(_integer(members[name]) for name in "en")).public_key()


class ES256(Algorithm):
    """ECDSA on P-256 with SHA-256; the signature is r and s side by side, 32 bytes each (RFC 7518 §3.4)."""

    name = "ES256"
    _ecdsa = ec.ECDSA(hashes.SHA256())

    def generate(self) -> PrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        r, s = decode_dss_signature(cast(ec.EllipticCurvePrivateKey, key).sign(message, self._ecdsa))
        return r.to_bytes(P256_BYTES) + s.to_bytes(P256_BYTES)

    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool:
        if len(signature) != 2 * P256_BYTES:
            return False
        r, s = int.from_bytes(signature[:P256_BYTES]), int.from_bytes(signature[P256_BYTES:])
        try:
            cast(ec.EllipticCurvePublicKey, key).verify(encode_dss_signature(r, s), message, self._ecdsa)
        except InvalidSignature:
            return False
        return True

    def members(self, key: PublicKey) -> Mapping[str, str]:
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("ES256 needs a key on the curve P-256 (RFC 7518 §3.4)")
        numbers = key.public_numbers()
        # Coordinates keep their leading zeros (RFC 7518 §6.2.1.2).
        x, y = (base64url.encode(n.to_bytes(P256_BYTES)).decode() for n in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    def load(self, members: Mapping[str, str]) -> PublicKey:
        x, y = (_integer(members[name]) for name in "xy")
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


class EdDSA(Algorithm):
    """Ed25519 (RFC 8037 §3.1)."""

    name = "EdDSA"

    def generate(self) -> PrivateKey:
        return ed25519.Ed25519PrivateKey.generate()

    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        return cast(ed25519.Ed25519PrivateKey, key).sign(message)

    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool:
        try:
            cast(ed25519.Ed25519PublicKey, key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def members(self, key: PublicKey) -> Mapping[str, str]:
        if not isinstance(key, ed25519.Ed25519PublicKey):
            raise ValueError("EdDSA needs an Ed25519 key (RFC 8037 §2)")
        x = base64url.encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
        return {"crv": "Ed25519", "kty": "OKP", "x": x}

    def load(self, members: Mapping[str, str]) -> PublicKey:
        return ed25519.Ed25519PublicKey.from_public_bytes(base64url.decode(members["x"].encode()))


def _integer(text: str) -> int:
    return int.from_bytes(base64url.decode(text.encode()))


ALGORITHMS: Final[Mapping[str, Algorithm]] = {a.name: a for a in (RS256(), ES256(), EdDSA())}


def find(name: Any) -> Algorithm | None:
    """The algorithm of that JOSE name; None for every other, `none` and the HMACs among them."""
    return ALGORITHMS.get(name) if isinstance(name, str) else None
