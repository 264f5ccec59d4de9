"""When certificates end."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from keys.certificate import UNREADABLE


def ends_of(pem: bytes) -> Sequence[int]:
    """Of all that stand there one after the other (epoch seconds). Raises ValueError where there is none to be read."""
    try:
        return [int(each.not_valid_after_utc.timestamp()) for each in x509.load_pem_x509_certificates(pem)]
    except UNREADABLE:
        raise ValueError("holds no certificate in PEM, or one that cannot be read") from None
