"""What a certificate calls its holder: the names by which an organisation finds its people."""

from __future__ import annotations

from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Kind = Literal["email", "upn", "common_name", "serial"]

# Microsoft's User Principal Name: an otherName, as smart cards for Windows carry it.
UPN: Final = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_UTF8_STRING: Final = 0x0C
_LONG: Final = 0x80  # DER: a length that needs bytes of its own (X.690 §8.1.3.5)


def names(certificate: x509.Certificate, kind: Kind) -> tuple[str, ...]:
    """All that it has of one kind; its serial number as `serial_of` writes it. A name with a NUL in it is nobody's."""
    return tuple(text for text in _names(certificate, kind) if text and "\0" not in text)


def _names(certificate: x509.Certificate, kind: Kind) -> tuple[str, ...]:
    if kind == "serial":
        return (serial_of(certificate),)
    if kind == "common_name":
        found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(each.value) for each in found)
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    if kind == "email":
        return tuple(alternatives.get_values_for_type(x509.RFC822Name))
    others = alternatives.get_values_for_type(x509.OtherName)
    return tuple(_utf8(other.value) for other in others if other.type_id == UPN)


def serial_of(certificate: x509.Certificate) -> str:
    """Hexadecimal, in small letters, without zeros before it."""
    return f"{certificate.serial_number:x}"


def is_for_clients(certificate: x509.Certificate) -> bool:
    """Whether its issuer meant it for those who sign in (RFC 5280 §4.2.1.12), and not as an authority."""
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages


def _utf8(der: bytes) -> str:
    """The text of a UTF8String in DER, empty for anything else."""
    if len(der) < 2 or der[0] != _UTF8_STRING:
        return ""
    length, start = der[1], 2
    if length & _LONG:
        start += length & ~_LONG
        length = int.from_bytes(der[2:start])
    if start + length != len(der):
        return ""
    try:
        return der[start:].decode()
    except UnicodeDecodeError:
        return ""
