"""An authority, and certificates of the server, of a NAS and of a stranger, made for one run."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NAMES = {"server": "radius.example.com", "nas": "nas.example.com", "other": "other.example.com"}


def make(folder: Path) -> None:
    """`ca.pem`, and `NAME.pem` with `NAME.key`; `stranger` is of an authority of his own."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = ec.generate_private_key(ec.SECP256R1())
    write(folder / "ca.pem", certificate("authority", authority, "authority", authority))
    for name, host in NAMES.items():
        own(folder, name, host, authority)
    own(folder, "stranger", NAMES["nas"], ec.generate_private_key(ec.SECP256R1()))


def own(folder: Path, name: str, host: str, authority: ec.EllipticCurvePrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    write(folder / f"{name}.pem", certificate(host, key, "authority", authority))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(pem)


def certificate(
    host: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (host, issuer)]
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=key is signer, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def write(path: Path, made: x509.Certificate) -> None:
    path.write_bytes(made.public_bytes(Encoding.PEM))
