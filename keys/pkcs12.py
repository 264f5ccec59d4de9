"""A certificate with its key in one file that browsers and phones import by a password (PKCS #12, RFC 7292)."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from keys.client_authority import Issued
from keys.secret import Secret

ROUNDS: Final = 100_000  # a tenth of a second for a guess, also for whoever has the file


def bundle(issued: Issued, name: str, password: Secret, *, legacy: bool = False) -> bytes:
    """The file; `name` is what the importing system calls it. It takes a tenth of a second.

    AES-256 with HMAC-SHA-256; `legacy` gives Triple DES and SHA-1 to systems that know nothing newer.
    """
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(ROUNDS)
    if legacy:
        kind = pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC
        builder = builder.key_cert_algorithm(kind).hmac_hash(hashes.SHA1())  # noqa: S303  as those systems want it
    else:
        kind = pkcs12.PBES.PBESv2SHA256AndAES256CBC
        builder = builder.key_cert_algorithm(kind).hmac_hash(hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        issued.private,
        issued.certificate,
        [issued.authority],
        builder.build(password.reveal().encode()),
    )
