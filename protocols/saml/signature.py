"""XML signatures in the profile of saml-core-2.0 §5.4: ours made, others' verified strictly, in process."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from keys import xml_signature
from keys.certified_key import CertifiedKey, Unusable, public_key
from protocols.saml.names import DS, tag
from protocols.saml.xml import Element, Unreadable, canonical, parse

ENVELOPED: Final = f"{DS}enveloped-signature"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    SHA256: hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
WEAK_DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {f"{DS}sha1": hashlib.sha1}
SIGNATURE: Final = tag(DS, "Signature")
_PREFIXES: Final = tag(EXCLUSIVE, "InclusiveNamespaces")


class BadSignature(ValueError):
    """Not signed as it must be. The words are for whoever programs the other side."""


def is_signed(element: Element) -> bool:
    """Whether there is a signature anywhere in it."""
    return next(element.iter(SIGNATURE), None) is not None


def sign(element: Element, key: CertifiedKey, place: int) -> None:
    """Put an enveloped signature of the element, which has an `ID`, among its children at `place`."""
    digest = hashlib.sha256(canonical(element)).digest()
    signature = etree.Element(SIGNATURE, nsmap={"ds": DS})
    info = _child(signature, "SignedInfo")
    _child(info, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
    _child(info, "SignatureMethod", Algorithm=key.method)
    reference = _child(info, "Reference", URI=f"#{element.get('ID')}")
    transforms = _child(reference, "Transforms")
    for algorithm in (ENVELOPED, EXCLUSIVE):
        _child(transforms, "Transform", Algorithm=algorithm)
    _child(reference, "DigestMethod", Algorithm=SHA256)
    _child(reference, "DigestValue").text = _encode(digest)
    _child(signature, "SignatureValue").text = _encode(key.sign(canonical(info)))
    data = _child(_child(signature, "KeyInfo"), "X509Data")
    _child(data, "X509Certificate").text = _encode(key.certificate)
    element.insert(place, signature)


def verify(element: Element, certificates: Iterable[bytes], *, sha1: bool = False) -> Element:
    """What the signature of this very element covers, read anew from the bytes that were verified.

    `certificates` (DER) come from stored metadata; a key inside the message is not looked at. `sha1` lets in
    what is forged easily. Raises `BadSignature`. The signature leaves the tree that was given.
    """
    signature = _own_signature(element)
    try:
        said = promise(signature, element.get("ID", ""), certificates, sha1=sha1)
        _take_out(signature)
        covered = canonical(element, said.prefixes)
        said.compare(said.digest(covered))
        return parse(covered, len(covered))
    except Unreadable as error:
        raise BadSignature(str(error)) from None


@dataclass(frozen=True, slots=True)
class Promise:
    """What a signature, itself verified, says of what it covers: canonical by these prefixes, of this digest."""

    prefixes: tuple[str, ...]
    digest: Callable[[bytes], Any]
    value: bytes

    def compare(self, digest: Any) -> None:
        """Raises `BadSignature` unless it is the digest of what was signed."""
        if not hmac.compare_digest(digest.digest(), self.value):
            raise BadSignature("the content was altered after it was signed")


def promise(
    signature: Element, identifier: str, certificates: Iterable[bytes], *, sha1: bool = False
) -> Promise:
    """What a signature says of the element with that ID, whose content is still to be compared.

    Raises `BadSignature` and `Unreadable`.
    """
    info = _only(signature, "SignedInfo")
    method, value = _method(info), _decode(_only(signature, "SignatureValue"))
    reference = _only(info, "Reference")
    known = xml_signature.find(method, sha1=sha1)
    if known is None:
        raise BadSignature("the signature algorithm is not allowed")
    prefixes = _transforms(reference, identifier)
    signed = canonical(info, _inclusive(_only(info, "CanonicalizationMethod")))
    if not any(known.verify(key, value, signed) for key in _keys(certificates)):
        raise BadSignature("no certificate of the metadata fits the signature")
    return Promise(prefixes, _digest(reference, sha1), _decode(_only(reference, "DigestValue")))


def _own_signature(element: Element) -> Element:
    """The one signature that is a child of the element: anywhere else it could cover something else."""
    own = element.findall(SIGNATURE)
    if len(own) != 1:
        raise BadSignature("there must be one signature, directly below what it signs")
    return own[0]


def _method(info: Element) -> str:
    canonicalization = _only(info, "CanonicalizationMethod")
    if canonicalization.get("Algorithm") != EXCLUSIVE:
        raise BadSignature("the canonicalization is not exclusive, or has comments")
    return _only(info, "SignatureMethod").get("Algorithm", "")


def _transforms(reference: Element, identifier: str) -> tuple[str, ...]:
    """It must mean this element, and may be transformed in two ways only (saml-core-2.0 §5.4.2, §5.4.4)."""
    if not identifier or reference.get("URI") != f"#{identifier}":
        raise BadSignature("the signature is of something else")
    transforms = _only(reference, "Transforms").findall(tag(DS, "Transform"))
    algorithms = [transform.get("Algorithm") for transform in transforms]
    if algorithms != [ENVELOPED, EXCLUSIVE]:
        raise BadSignature("the transforms are not enveloped-signature, then exclusive canonicalization")
    if len(transforms[0]):
        raise BadSignature("the transform has parameters")
    return _inclusive(transforms[1])


def _inclusive(method: Element) -> tuple[str, ...]:
    """The prefixes that exclusive canonicalization treats as visibly used."""
    if len(method) == 0:
        return ()
    if len(method) > 1 or method[0].tag != _PREFIXES:
        raise BadSignature("the canonicalization has unknown parameters")
    prefixes = (method[0].get("PrefixList") or "").split()
    return tuple("" if prefix == "#default" else prefix for prefix in prefixes)


def _digest(reference: Element, sha1: bool) -> Callable[[bytes], Any]:
    name = _only(reference, "DigestMethod").get("Algorithm", "")
    digest = DIGESTS.get(name) or (WEAK_DIGESTS.get(name) if sha1 else None)
    if digest is None:
        raise BadSignature("the digest algorithm is not allowed")
    return digest


def _keys(certificates: Iterable[bytes]) -> Iterable[xml_signature.PublicKey]:
    for certificate in certificates:
        try:
            yield public_key(certificate)
        except Unusable:
            continue


def _take_out(signature: Element) -> None:
    """The enveloped-signature transform: the text behind the signature stays."""
    parent, before = signature.getparent(), signature.getprevious()
    assert parent is not None
    if signature.tail and before is not None:
        before.tail = (before.tail or "") + signature.tail
    elif signature.tail:
        parent.text = (parent.text or "") + signature.tail
    signature.tail = None
    parent.remove(signature)


def _only(parent: Element, name: str) -> Element:
    found = parent.findall(tag(DS, name))
    if len(found) != 1:
        raise BadSignature(f"there must be one {name}")
    return found[0]


def _child(parent: Element, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, tag(DS, name), attributes)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(element: Element) -> bytes:
    if len(element):
        raise BadSignature("a value has elements in it")
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("a value is not base64") from None
