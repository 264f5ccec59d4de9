"""The signature algorithms of XML Signature, as a closed table by their names (RFC 9231, XML Signature 1.1 §6.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

RSA_BITS: Final = 2048
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
RSA_SHA1: Final = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class Method(ABC):
    """One way of signing; a key of another kind never verifies anything."""

    def __init__(self, digest: hashes.HashAlgorithm) -> None:
        self._digest = digest

    @abstractmethod
    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        """Raises TypeError for a key of another kind."""

    @abstractmethod
    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool: ...


class RSA(Method):
    """RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)."""

    _padding = padding.PKCS1v15()

    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return key.sign(message, self._padding, self._digest)

    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool:
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_BITS:
            return False
        try:
            key.verify(signature, message, self._padding, self._digest)
        except InvalidSignature:
            return False
        return True


class ECDSA(Method):
    """ECDSA; r and s side by side, each as long as the order of the curve (XML Signature 1.1 §6.4.3)."""

    def sign(self, key: PrivateKey, message: bytes) -> bytes:
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("not a key for ECDSA")
        size = (key.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(self._digest)))
        return r.to_bytes(size) + s.to_bytes(size)

    def verify(self, key: PublicKey, signature: bytes, message: bytes) -> bool:
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVES):
            return False
        size = (key.key_size + 7) // 8
        if len(signature) != 2 * size:
            return False
        r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        try:
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(self._digest))
        except InvalidSignature:
            return False
        return True


_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
METHODS: Final[Mapping[str, Method]] = {
    RSA_SHA256: RSA(hashes.SHA256()),
    f"{_MORE}rsa-sha384": RSA(hashes.SHA384()),
    f"{_MORE}rsa-sha512": RSA(hashes.SHA512()),
    ECDSA_SHA256: ECDSA(hashes.SHA256()),
    f"{_MORE}ecdsa-sha384": ECDSA(hashes.SHA384()),
    f"{_MORE}ecdsa-sha512": ECDSA(hashes.SHA512()),
}
# Forged for less than the price of a car (RFC 9155): only where an administrator excepts a service by name.
WEAK: Final[Mapping[str, Method]] = {RSA_SHA1: RSA(hashes.SHA1())}  # noqa: S303


def find(name: str, *, sha1: bool = False) -> Method | None:
    """The method of that name; None for every other, HMACs among them."""
    return METHODS.get(name) or (WEAK.get(name) if sha1 else None)
