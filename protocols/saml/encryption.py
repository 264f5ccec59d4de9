"""Encrypted elements: AES-GCM under a key of their own, that is encrypted for one recipient (XML Encryption 1.1)."""

from __future__ import annotations

import base64
from typing import Final

from lxml import etree

from keys.certified_key import CertifiedKey, recipient
from keys.xml_encryption import OAEP_MGF1P, SHA1, Undecipherable, decrypt
from protocols.saml.names import ASSERTION, DS, XENC, tag
from protocols.saml.xml import Element, Unreadable, parse, serialize

ELEMENT: Final = f"{XENC}Element"


def encrypt(element: Element, wrapper: str, certificate: bytes, method: str) -> Element:
    """The element inside `wrapper` (EncryptedAssertion, EncryptedID), readable to whose certificate (DER) it is.

    Raises `keys.certified_key.Unusable`.
    """
    wrapped_key, content = recipient(certificate).encrypt(serialize(element), method)
    outer = etree.Element(tag(ASSERTION, wrapper), nsmap={"saml": ASSERTION})
    data = etree.SubElement(outer, tag(XENC, "EncryptedData"), {"Type": ELEMENT}, nsmap={"xenc": XENC})
    _child(data, XENC, "EncryptionMethod", Algorithm=method)
    info = etree.SubElement(data, tag(DS, "KeyInfo"), nsmap={"ds": DS})
    key = _child(info, XENC, "EncryptedKey")
    way = _child(key, XENC, "EncryptionMethod", Algorithm=OAEP_MGF1P)
    _child(way, DS, "DigestMethod", Algorithm=SHA1)
    _value(key, wrapped_key)
    _value(data, content)
    return outer


def open_encrypted(wrapper: Element, keys: tuple[CertifiedKey, ...]) -> Element:
    """The element in a wrapper that was encrypted for one of the keys. Raises `keys.xml_encryption.Undecipherable`.

    The key stands in the wrapper or beside the data in it; which of our keys it is for is found by trying.
    """
    data, wrapped = _one(wrapper, "EncryptedData"), _one(wrapper, "EncryptedKey")
    way = _one(wrapped, "EncryptionMethod")
    digest = way.find(tag(DS, "DigestMethod"))
    named = digest.get("Algorithm", "") if digest is not None else SHA1
    for key in keys:
        try:
            content_key = key.unwrap(_bytes(wrapped), way.get("Algorithm", ""), named)
            method = data.find(tag(XENC, "EncryptionMethod"))
            plain = decrypt(
                content_key, method.get("Algorithm", "") if method is not None else "", _bytes(data)
            )
            return parse(plain)
        except (Undecipherable, Unreadable):
            continue
    raise Undecipherable


def _one(parent: Element, name: str) -> Element:
    found = list(parent.iter(tag(XENC, name)))
    if name == "EncryptionMethod":
        found = parent.findall(tag(XENC, name))
    if len(found) != 1:
        raise Undecipherable
    return found[0]


def _child(parent: Element, namespace: str, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, tag(namespace, name), attributes)


def _value(parent: Element, value: bytes) -> None:
    data = _child(parent, XENC, "CipherData")
    _child(data, XENC, "CipherValue").text = base64.b64encode(value).decode()


def _bytes(parent: Element) -> bytes:
    value = parent.find(f"{tag(XENC, 'CipherData')}/{tag(XENC, 'CipherValue')}")
    try:
        return base64.b64decode(
            "".join(((value.text if value is not None else "") or "").split()), validate=True
        )
    except ValueError:
        raise Undecipherable from None
