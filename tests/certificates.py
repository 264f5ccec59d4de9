"""Certificates as an organisation gives them to its services, and as a proxy hands them on."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ALTERNATIVES = (
    x509.DNSName("batch.example.com"),
    x509.UniformResourceIdentifier("urn:example:batch"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.9")),
    x509.RFC822Name("batch@example.com"),
)

COMMON_NAME, UTF8, BITS = b"\x06\x03U\x04\x03", b"\x0c", b"\x03"


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def header(self) -> str:
        """RFC 9440 §2.1."""
        return f":{base64.b64encode(self.der).decode()}:"

    @property
    def escaped(self) -> str:
        """As nginx writes `$ssl_client_escaped_cert`."""
        return quote(self.pem.decode())

    @property
    def odd(self) -> str:
        """As `header`, its common names BIT STRINGs instead of texts: well-formed, and nobody's name."""
        return f":{base64.b64encode(self.der.replace(COMMON_NAME + UTF8, COMMON_NAME + BITS)).decode()}:"

    @property
    def on_one_line(self) -> str:
        """As Apache writes `SSL_CLIENT_CERT` into a header."""
        return " ".join(self.pem.decode().split("\n"))

    @property
    def thumbprint(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.der).digest()).rstrip(b"=").decode()


def issue(
    name: str,
    by: Issued | None = None,
    *,
    is_authority: bool = False,
    days: tuple[int, int] = (-1, 30),
    at: int | None = None,
    alternatives: Sequence[x509.GeneralName] = ALTERNATIVES,
    usages: Sequence[x509.ObjectIdentifier] = (),
    serial: int = 0,
) -> Issued:
    """`name` is a distinguished name (RFC 4514); signed by itself unless somebody else does.

    `days` are counted from `at` (epoch seconds), now by default; `usages` say what its key may be used for.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name.from_rfc4514_string(name)
    now = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    begins, ends = (now + timedelta(days=each) for each in days)
    builder: Any = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    if not is_authority and alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return Issued(key, builder.sign(by.key if by else key, hashes.SHA256()))


def crl(
    by: Issued, *serials: int, at: int, days: int = 7, extension: x509.ExtensionType | None = None
) -> bytes:
    """A list of revoked certificates in PEM, of `at` (epoch seconds)."""
    now = datetime.fromtimestamp(at, UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=days))
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(entry)
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.PEM)
