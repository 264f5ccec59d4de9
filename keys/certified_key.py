"""X.509 certificates: our own, that say nothing but whose key it is, and what others publish."""

from __future__ import annotations

import datetime
import hashlib
from functools import lru_cache
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from keys import xml_signature
from keys.xml_encryption import Recipient, unwrap
from keys.xml_signature import ECDSA_SHA256, RSA_SHA256, PrivateKey, PublicKey

DAYS: Final = 3650  # whoever pins a certificate does not look at its end; we replace it before
NAME_LENGTH: Final = 64  # ub-common-name (RFC 5280 appendix A.1)
KNOWN: Final = 4096  # certificates whose keys stay parsed


class Unusable(ValueError):
    """Not a certificate, or one with a key of a kind or size that we do not work with."""


@lru_cache(maxsize=KNOWN)
def public_key(certificate: bytes) -> PublicKey:
    """The key in a certificate (DER). Raises `Unusable`.

    Nothing else in it is looked at: metadata says whose key it is, and for how long (saml-metadata-2.0 §2.4.1.1).
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        raise Unusable("not a certificate with a key that is known") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= xml_signature.RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, xml_signature.CURVES):
        return key
    raise Unusable("neither an RSA key of 2048 bits or more, nor one on the curves P-256, P-384 and P-521")


@lru_cache(maxsize=KNOWN)
def recipient(certificate: bytes) -> Recipient:
    """Whom to encrypt for. Raises `Unusable`."""
    key = public_key(certificate)
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unusable("encryption needs an RSA key")
    return Recipient(key)


def ends_at(certificate: bytes) -> int:
    """The end of its validity (epoch seconds). Raises `Unusable`."""
    try:
        return int(x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp())
    except ValueError:
        raise Unusable("not a certificate") from None


class CertifiedKey:
    """A private key with its self-signed certificate; it signs by one algorithm, or decrypts."""

    __slots__ = ("_method", "_private", "certificate", "kid", "method")

    def __init__(self, private: PrivateKey, certificate: bytes) -> None:
        """Raises ValueError when the certificate is another key's."""
        if public_key(certificate) != private.public_key():
            raise ValueError("the certificate is another key's")
        self._private = private
        self.method = RSA_SHA256 if isinstance(private, rsa.RSAPrivateKey) else ECDSA_SHA256
        self._method = xml_signature.METHODS[self.method]
        self.certificate = certificate
        self.kid = hashlib.sha256(certificate).hexdigest()[:32]

    @classmethod
    def generate(cls, method: str, name: str, now: int) -> Self:
        """A fresh key for `method`, certified for `name` from now (epoch seconds) on; RSA takes a tenth of a second."""
        private: PrivateKey
        if method == RSA_SHA256:
            private = rsa.generate_private_key(65537, xml_signature.RSA_BITS)
        elif method == ECDSA_SHA256:
            private = ec.generate_private_key(ec.SECP256R1())
        else:
            raise LookupError(f"no key signs by {method}")
        return cls(private, _certify(private, name, now))

    @classmethod
    def load(cls, private: bytes, certificate: bytes) -> Self:
        """From what `dump` gave and the certificate."""
        # Skipping the primality tests saves 20 ms: the bytes were ours and come out of an authenticated seal.
        key = load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
        return cls(key, certificate)  # type: ignore[arg-type]  # `public_key` refuses certificates of other kinds

    def dump(self) -> bytes:
        """The private half as PKCS #8 DER, only ever to be sealed."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        """By `method`."""
        return self._method.sign(self._private, message)

    def unwrap(self, wrapped: bytes, method: str, digest: str) -> bytes:
        """The key that somebody encrypted for us; see `keys.xml_encryption.unwrap`. Raises `Undecipherable`."""
        return unwrap(self._private, wrapped, method, digest)

    def __repr__(self) -> str:
        return f"CertifiedKey({self.kid})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a private key is not written down")


def _certify(private: PrivateKey, name: str, now: int) -> bytes:
    """As plain as can be: services compare it, or take the key out of it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:NAME_LENGTH])])
    begins = datetime.datetime.fromtimestamp(now, datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - datetime.timedelta(days=1))  # clocks of services may be behind
        .not_valid_after(begins + datetime.timedelta(days=DAYS))
        .sign(private, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.DER)
