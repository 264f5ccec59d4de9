"""Client certificates (X.509): read from what a proxy hands on, recognised by their subject or their key."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from keys import base64url
from keys.certificate_names import Kind, is_for_clients, names, serial_of

LIMIT: Final = 16 * 1024  # characters of a header
PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*"  # one, and nothing around it
)
NAMES: Final = {"emailAddress": NameOID.EMAIL_ADDRESS, "E": NameOID.EMAIL_ADDRESS}  # not in RFC 4514's table

_OF_X509: Final = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, *_OF_X509)  # TypeError: a name is no text


class InvalidCertificate(ValueError):
    """Not a certificate, or not one that may be believed. It never says which check failed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate; that its sender has the key was proven to the proxy, or to us."""

    _x509: x509.Certificate

    @classmethod
    def from_header(cls, unverified_value: str) -> Self:
        """From `:base64 of DER:` (RFC 9440 §2.1), or from PEM: percent-encoded as by nginx, on one line as by Apache.

        Raises `InvalidCertificate`.
        """
        value = unverified_value.strip()
        if len(value) > LIMIT:
            raise InvalidCertificate
        try:
            if len(value) > 1 and value[0] == value[-1] == ":":
                return cls(_read(value[1:-1]))
            if pem := PEM.fullmatch(unquote_to_bytes(value)):
                return cls(_read(b"".join(pem[1].split())))
        except UNREADABLE:
            raise InvalidCertificate from None
        raise InvalidCertificate

    @classmethod
    def from_der(cls, certificate: bytes) -> Self:
        """Raises `InvalidCertificate`."""
        try:
            return cls(x509.load_der_x509_certificate(certificate))
        except ValueError:
            raise InvalidCertificate from None

    @classmethod
    def from_peer(cls, certificate: bytes) -> Self:
        """What a client showed to us ourselves, in DER. Raises `InvalidCertificate`."""
        try:
            return cls(_checked(x509.load_der_x509_certificate(certificate)))
        except UNREADABLE:
            raise InvalidCertificate from None

    @property
    def thumbprint(self) -> str:
        """`x5t#S256` (RFC 8705 §3.1)."""
        return base64url.encode(hashlib.sha256(self._x509.public_bytes(Encoding.DER)).digest()).decode()

    @property
    def public_key(self) -> bytes:
        """The key in it, as its SubjectPublicKeyInfo in DER."""
        return self._x509.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def serial(self) -> str:
        return serial_of(self._x509)

    @property
    def issuer_name(self) -> x509.Name:
        return self._x509.issuer

    @property
    def issuer(self) -> str:
        """The same as it is written (RFC 4514)."""
        return self._x509.issuer.rfc4514_string()

    @property
    def is_for_clients(self) -> bool:
        return is_for_clients(self._x509)

    def names(self, kind: Kind) -> tuple[str, ...]:
        return names(self._x509, kind)

    def is_early(self, now: int) -> bool:
        """Whether it does not count yet; `now` in epoch seconds."""
        return now < self._x509.not_valid_before_utc.timestamp()

    def is_valid(self, now: int) -> bool:
        """Whether its own dates say so; `now` in epoch seconds."""
        return not self.is_early(now) and now <= self._x509.not_valid_after_utc.timestamp()

    def is_issued_by(self, authorities: Authorities) -> bool:
        """Whether one of them signed it. What has been revoked is for the proxy to know."""
        return any(_has_signed(each, self._x509) for each in authorities.certificates)

    def has_subject(self, name: x509.Name) -> bool:
        """Whether that is its subject, part for part and letter for letter."""
        return self._x509.subject == name

    def has_alternative(self, kind: str, name: str) -> bool:
        """Whether a subject alternative name of a kind (`dns`, `uri`, `ip`, `email`) is this one."""
        try:
            extension = self._x509.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        except x509.ExtensionNotFound:
            return False
        assert isinstance(extension.value, x509.SubjectAlternativeName)
        match kind:
            case "dns":
                found = extension.value.get_values_for_type(x509.DNSName)
                return name.lower() in [each.lower() for each in found]
            case "uri":
                return name in extension.value.get_values_for_type(x509.UniformResourceIdentifier)
            case "ip":
                return ipaddress.ip_address(name) in extension.value.get_values_for_type(x509.IPAddress)
            case "email":
                return name in extension.value.get_values_for_type(x509.RFC822Name)
        raise ValueError(f"no alternative name is of the kind {kind}")


@dataclass(frozen=True, slots=True)
class Authorities:
    """Certificates of those who may issue others."""

    certificates: Sequence[x509.Certificate]

    @classmethod
    def from_der(cls, *certificates: bytes) -> Self:
        """Those that we made ourselves."""
        return cls(tuple(x509.load_der_x509_certificate(each) for each in certificates))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Raises ValueError for what is none, or has none that may issue."""
        try:
            certificates = x509.load_pem_x509_certificates(pem)
            trusted = all(map(_may_issue, certificates))
        except UNREADABLE:
            raise ValueError("holds no certificate in PEM, or one that cannot be read") from None
        if not trusted:
            raise ValueError("holds a certificate that may issue no others")
        return cls(certificates)

    @property
    def pem(self) -> str:
        """One after the other."""
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in self.certificates)


def subject(text: str) -> x509.Name:
    """A distinguished name as it is written (RFC 4514). Raises ValueError."""
    return x509.Name.from_rfc4514_string(text, NAMES)


def _read(encoded: str | bytes) -> x509.Certificate:
    """Whoever made it. Raises `UNREADABLE`."""
    return _checked(x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True)))


def _checked(certificate: x509.Certificate) -> x509.Certificate:
    """Its key and its names are parsed when they are asked for: now. Raises `UNREADABLE`."""
    _ = certificate.public_key(), certificate.extensions, certificate.subject, certificate.issuer
    return certificate


def _may_issue(certificate: x509.Certificate) -> bool:
    _ = certificate.subject, certificate.issuer  # raises `UNREADABLE`; a key of an unknown kind signs nothing
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _has_signed(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
