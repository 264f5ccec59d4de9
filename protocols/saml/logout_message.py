"""What is said of the end of a session (saml-core-2.0 §3.7): requests read and made, responses made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from keys.certified_key import CertifiedKey
from keys.xml_encryption import Undecipherable
from protocols.saml.assertion import encryption_certificate
from protocols.saml.encryption import encrypt, open_encrypted
from protocols.saml.entity import Party
from protocols.saml.envelope import add, add_status, new_message, text
from protocols.saml.errors import Refused
from protocols.saml.instant import read
from protocols.saml.name_id import NameID
from protocols.saml.names import ASSERTION, PROTOCOL, tag
from protocols.saml.settings import ENCRYPTIONS
from protocols.saml.xml import Element

REQUEST: Final = "LogoutRequest"
RESPONSE: Final = "LogoutResponse"
NAME_ID: Final = tag(ASSERTION, "NameID")
ENCRYPTED_ID: Final = tag(ASSERTION, "EncryptedID")
MOST_INDEXES: Final = 100


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """Whose sessions are to end: those named, or all of the user's at that service."""

    name_id: NameID
    session_indexes: tuple[str, ...]


def read_request(root: Element, keys: tuple[CertifiedKey, ...], now: int, skew: int) -> LogoutRequest:
    """`keys` open an encrypted name. Raises `Refused`."""
    until = read(root.get("NotOnOrAfter", "")) if root.get("NotOnOrAfter") else now + 1
    if until is None or until + skew <= now:
        raise Refused("expired_request", "NotOnOrAfter of the request is over, or no point in time")
    names = [child for child in root if child.tag in (NAME_ID, ENCRYPTED_ID)]
    if len(names) != 1:
        raise Refused("malformed", "there must be one NameID")
    indexes = root.findall(tag(PROTOCOL, "SessionIndex"))
    if len(indexes) > MOST_INDEXES:
        raise Refused("malformed", f"there are more than {MOST_INDEXES} SessionIndex")
    return LogoutRequest(_name_id(names[0], keys), tuple(dict.fromkeys(map(text, indexes))))


def _name_id(element: Element, keys: tuple[CertifiedKey, ...]) -> NameID:
    if element.tag == ENCRYPTED_ID:
        try:
            element = open_encrypted(element, keys)
        except Undecipherable:
            raise Refused("malformed", "the encrypted name is not readable with our keys") from None
    if element.tag != NAME_ID:
        raise Refused("malformed", "what was encrypted is no NameID")
    qualifiers = element.get("NameQualifier"), element.get("SPNameQualifier")
    return NameID(text(element), element.get("Format", ""), *qualifiers)


def new_request(
    identifier: str, issuer: str, destination: str, now: int, name: Element, indexes: Sequence[str]
) -> Element:
    """Not signed yet; `name` is what `spoken` gives."""
    root = new_message(REQUEST, issuer, now, destination, identifier=identifier)
    root.append(name)
    for index in indexes:
        add(root, PROTOCOL, "SessionIndex", index)
    return root


def spoken(party: Party, name_id: NameID) -> Element:
    """The name as it is said to the service: encrypted where it always is. Raises `SAMLError` where it cannot be."""
    settings, certificate = party.settings, encryption_certificate(party)
    name = etree.Element(NAME_ID, nsmap={"saml": ASSERTION})
    name.text = name_id.value
    given = {
        "Format": name_id.format,
        "NameQualifier": name_id.name_qualifier,
        "SPNameQualifier": name_id.sp_name_qualifier,
    }
    for attribute, value in given.items():
        if value:
            name.set(attribute, value)
    if not settings.encrypt_name_id or certificate is None:
        return name
    return encrypt(name, "EncryptedID", certificate, ENCRYPTIONS[settings.encryption_algorithm])


def new_response(
    issuer: str, destination: str, in_response_to: str, now: int, status: tuple[str, str]
) -> Element:
    """Not signed yet."""
    root = new_message(RESPONSE, issuer, now, destination, in_response_to)
    add_status(root, *status)
    return root
