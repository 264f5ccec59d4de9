"""Lists of revoked certificates that other authorities publish (RFC 5280 §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

from cryptography import x509

from keys.certificate import UNREADABLE, Authorities, Certificate

_BEGIN: Final = b"-----BEGIN X509 CRL-----"
_END: Final = b"-----END X509 CRL-----"


@dataclass(frozen=True, slots=True)
class RevocationLists:
    """One list or several, each signed by one of the authorities."""

    lists: tuple[x509.CertificateRevocationList, ...]

    @classmethod
    def read(cls, content: bytes, authorities: Authorities) -> Self:
        """In PEM, one after the other, or one in DER. Raises ValueError with words for the administrator."""
        try:
            found = tuple(_parse(content))
            foreign = [each for each in found if not _is_signed(each, authorities)]
            partial = [each for each in found if not _is_whole(each)]
        except UNREADABLE:
            raise ValueError("holds no certificate revocation list in PEM or DER") from None
        if foreign:
            name = foreign[0].issuer.rfc4514_string()
            raise ValueError(f"holds a list of {name}, which is none of the authorities or did not sign it")
        if partial:
            raise ValueError("holds a list that tells of some certificates only: get the complete one")
        return cls(found)

    def judge(self, certificate: Certificate, now: int) -> Literal["revoked", "stale"] | None:
        """`stale` where no list of its issuer is in force, for then nobody knows; None for one that is good."""
        number, fresh = int(certificate.serial, 16), False
        for each in self.lists:
            if each.issuer != certificate.issuer_name:
                continue
            if each.get_revoked_certificate_by_serial_number(number) is not None:
                return "revoked"
            following = each.next_update_utc
            fresh |= following is None or now < following.timestamp()
        return None if fresh else "stale"


def _parse(content: bytes) -> list[x509.CertificateRevocationList]:
    if _BEGIN not in content:
        return [x509.load_der_x509_crl(content)]
    parts = content.split(_END)[:-1]
    return [x509.load_pem_x509_crl(part[part.index(_BEGIN) :] + _END + b"\n") for part in parts]


def _is_signed(crl: x509.CertificateRevocationList, authorities: Authorities) -> bool:
    return any(
        each.subject == crl.issuer and crl.is_signature_valid(each.public_key())  # type: ignore[arg-type]  # of another kind: TypeError
        for each in authorities.certificates
    )


def _is_whole(crl: x509.CertificateRevocationList) -> bool:
    """Whether it speaks of every certificate of its issuer: no delta, no part (§5.2.4, §5.2.5)."""
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            return False
        if isinstance(value, x509.IssuingDistributionPoint):
            if (
                value.only_contains_ca_certs
                or value.only_contains_attribute_certs
                or value.indirect_crl
                or value.only_some_reasons
            ):
                return False
        elif extension.critical:
            return False
    return True
