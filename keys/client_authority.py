"""A private authority: it issues certificates to people's devices, and says which count no more (RFC 5280)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.certificate_names import serial_of

DAYS: Final = 3650  # an authority is replaced before, by hand
EARLIER: Final = datetime.timedelta(minutes=5)  # clocks of those who check may be behind
NAME_LENGTH: Final = 64  # ub-common-name (RFC 5280 appendix A.1)
CURVE: Final = ec.SECP256R1  # every system that imports certificates knows it


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A fresh certificate with its key, which nobody keeps but its holder."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey
    authority: x509.Certificate

    @property
    def serial(self) -> str:
        return serial_of(self.certificate)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def ends_at(self) -> int:
        """Epoch seconds."""
        return int(self.certificate.not_valid_after_utc.timestamp())

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a private key is not written down")


class ClientAuthority:
    """The key of an authority with its self-signed certificate."""

    __slots__ = ("_private", "_x509", "certificate", "id")

    def __init__(self, private: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        """Raises ValueError when the certificate is another key's."""
        if certificate.public_key() != private.public_key():
            raise ValueError("the certificate is another key's")
        self._private = private
        self._x509 = certificate
        self.certificate = certificate.public_bytes(Encoding.DER)
        self.id = hashlib.sha256(self.certificate).hexdigest()[:16]

    @classmethod
    def generate(cls, name: str, now: int) -> Self:
        """A fresh one, called `name`, from now (epoch seconds) on."""
        private = ec.generate_private_key(CURVE())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:NAME_LENGTH])])
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            _builder(subject, subject, private.public_key(), now, DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
            .sign(private, hashes.SHA256())
        )
        return cls(private, certificate)

    @classmethod
    def load(cls, private: bytes, certificate: bytes) -> Self:
        """From what `dump` gave and the certificate (DER)."""
        key = load_der_private_key(private, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(key, x509.load_der_x509_certificate(certificate))

    def dump(self) -> bytes:
        """The private half as PKCS #8 DER, only ever to be sealed."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def issue(self, name: str, now: int, days: int, crl: str) -> Issued:
        """A certificate for whoever signs in as `name`, for so many days; `crl` is where its revocation would stand.

        It is over with the authority at the latest (RFC 5280 §6.1.3 looks at both).
        """
        private = ec.generate_private_key(CURVE())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:NAME_LENGTH])])
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        certificate = (
            _builder(
                subject, self._x509.subject, private.public_key(), now, days, self._x509.not_valid_after_utc
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(self._key_identifier, critical=False)
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
            .sign(self._private, hashes.SHA256())
        )
        return Issued(certificate, private, self._x509)

    def crl(self, revoked: Iterable[tuple[str, int]], now: int, seconds: int) -> bytes:
        """The list of serial numbers with the times of their revocation, in DER, good for so many seconds (§5).

        Its number is the time, so that a newer one has a greater one wherever it was made.
        """
        at = _moment(now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._x509.subject)
            .last_update(at)
            .next_update(at + datetime.timedelta(seconds=seconds))
            .add_extension(self._key_identifier, critical=False)
            .add_extension(x509.CRLNumber(now), critical=False)
        )
        for serial, revoked_at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(_moment(revoked_at)).build())
        return builder.sign(self._private, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private.public_key())

    def __repr__(self) -> str:
        return f"ClientAuthority({self.id})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a private key is not written down")


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: int,
    days: int,
    latest: datetime.datetime | None = None,
) -> x509.CertificateBuilder:
    at = _moment(now)
    ends = at + datetime.timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - EARLIER)
        .not_valid_after(min(ends, latest) if latest else ends)
    )


def _moment(now: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now, datetime.UTC)
