"""Signatures: what others sign is believed only where it is signed, and in few ways."""

from __future__ import annotations

import base64
import copy
import hmac
import time
from collections.abc import Callable

import pytest
from lxml import etree

from keys.certified_key import CertifiedKey, Unusable, public_key
from keys.xml_signature import ECDSA_SHA256, RSA_SHA1, RSA_SHA256, WEAK
from protocols.saml.names import ASSERTION, DS, PROTOCOL, tag
from protocols.saml.signature import EXCLUSIVE, BadSignature, sign, verify
from protocols.saml.xml import Element, Unreadable, canonical, parse, serialize

NOW = int(time.time())
KEYS = {method: CertifiedKey.generate(method, "sp", NOW) for method in (RSA_SHA256, ECDSA_SHA256)}
KEY = KEYS[ECDSA_SHA256]
REQUEST = (
    f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="_1" Version="2.0">'
    "<saml:Issuer>https://sp.example.com</saml:Issuer> tail <samlp:Extensions/></samlp:AuthnRequest>"
)
EVIL = "https://evil.example.com"


def signed(key: CertifiedKey = KEY) -> Element:
    root = parse(REQUEST.encode())
    sign(root, key, 1)
    return root


def altered(root: Element) -> Element:
    """A copy that says something else."""
    evil = copy.deepcopy(root)
    evil[0].text = EVIL
    return evil


def part(root: Element, *names: str) -> Element:
    found = root.find(f".//{'/'.join(tag(DS, name) for name in names)}")
    assert found is not None
    return found


def without_signature(root: Element) -> Element:
    bare = copy.deepcopy(root)
    bare.remove(part(bare, "Signature"))
    return bare


@pytest.mark.parametrize("method", KEYS)
def test_what_was_signed_is_read_from_the_bytes_that_were_verified(method: str) -> None:
    root = parse(serialize(signed(KEYS[method])))
    covered = verify(root, [KEYS[ECDSA_SHA256].certificate, KEYS[RSA_SHA256].certificate])
    assert canonical(covered) == canonical(parse(REQUEST.encode()))


# Signature wrapping (Somorovsky and others, On Breaking SAML, 2012): the signed element is there, somewhere.
def _in_extensions(root: Element) -> Element:
    evil = altered(root)
    evil.set("ID", "_evil")
    evil[-1].append(without_signature(root))
    return evil


def _in_object(root: Element) -> Element:
    evil = altered(root)
    evil.set("ID", "_evil")
    etree.SubElement(part(evil, "Signature"), tag(DS, "Object")).append(without_signature(root))
    return evil


def _around(root: Element) -> Element:
    evil = altered(without_signature(root))
    evil.set("ID", "_evil")
    evil[-1].append(root)
    return evil


def _same_id(root: Element) -> Element:
    evil = altered(root)
    evil[-1].append(without_signature(root))
    return evil


def _signature_further_down(root: Element) -> Element:
    evil = altered(root)
    evil[-1].append(part(evil, "Signature"))
    return evil


def _two_signatures(root: Element) -> Element:
    evil = altered(root)
    evil.insert(0, copy.deepcopy(part(root, "Signature")))
    return evil


WRAPPED: tuple[Callable[[Element], Element], ...] = (
    altered,
    _in_extensions,
    _in_object,
    _around,
    _same_id,
    _signature_further_down,
    _two_signatures,
)


@pytest.mark.parametrize("wrap", WRAPPED)
def test_wrapped_signatures_are_refused(wrap: Callable[[Element], Element]) -> None:
    """THREAT_MODEL.md 1: values are read only from the bytes that the signature covered."""
    evil = serialize(wrap(signed()))
    with pytest.raises((BadSignature, Unreadable)):
        verify(parse(evil), [KEY.certificate])


def test_a_signed_element_inside_is_not_the_message() -> None:
    """THREAT_MODEL.md 1: what is verified is the element that was asked about, whatever else is signed."""
    inner = signed()
    evil = etree.Element("evil", ID="_evil")
    evil.append(inner)
    with pytest.raises(BadSignature, match="directly below"):
        verify(parse(serialize(evil)), [KEY.certificate])


def test_keys_in_a_message_are_not_looked_at() -> None:
    """THREAT_MODEL.md 2: KeyInfo brings a stranger's certificate, or none."""
    stranger = CertifiedKey.generate(ECDSA_SHA256, "sp", NOW)
    with pytest.raises(BadSignature, match="no certificate"):
        verify(signed(stranger), [KEY.certificate])
    bare = signed()
    part(bare, "Signature").remove(part(bare, "Signature", "KeyInfo"))
    assert verify(bare, [KEY.certificate]).get("ID") == "_1"
    with pytest.raises(BadSignature, match="no certificate"):
        verify(signed(), [])
    with pytest.raises(BadSignature, match="no certificate"):
        verify(signed(), [b"no certificate"])


EMPTY = ""
CHANGES: dict[str, Callable[[Element], object]] = {
    "empty reference": lambda root: part(root, "Reference").set("URI", ""),
    "no reference": lambda root: part(root, "Reference").attrib.pop("URI"),
    "file": lambda root: part(root, "Reference").set("URI", "file:///etc/passwd"),
    "http": lambda root: part(root, "Reference").set("URI", "http://127.0.0.1:1/"),
    "xpointer": lambda root: part(root, "Reference").set("URI", "#xpointer(/)"),
    "two references": lambda root: part(root, "SignedInfo").append(copy.deepcopy(part(root, "Reference"))),
    "xpath": lambda root: part(root, "Transform").set(
        "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116"
    ),
    "xslt": lambda root: part(root, "Transform").set(
        "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116"
    ),
    "base64": lambda root: part(root, "Transforms").append(
        etree.Element(tag(DS, "Transform"), Algorithm=f"{DS}base64")
    ),
    "no transform": lambda root: part(root, "Reference").remove(part(root, "Transforms")),
    "a transform with something in it": lambda root: etree.SubElement(
        part(root, "Transform"), tag(DS, "XPath")
    ),
    "comments": lambda root: part(root, "CanonicalizationMethod").set(
        "Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
    ),
    "inclusive": lambda root: part(root, "CanonicalizationMethod").set(
        "Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    ),
    "sha-1": lambda root: part(root, "SignatureMethod").set("Algorithm", RSA_SHA1),
    "sha-1 digest": lambda root: part(root, "DigestMethod").set("Algorithm", f"{DS}sha1"),
    "md5 digest": lambda root: part(root, "DigestMethod").set(
        "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5"
    ),
    "no algorithm": lambda root: part(root, "SignatureMethod").attrib.pop("Algorithm"),
    "another key's kind": lambda root: part(root, "SignatureMethod").set("Algorithm", RSA_SHA256),
    "a value with elements": lambda root: etree.SubElement(part(root, "SignatureValue"), "x"),
    "no base64": lambda root: setattr(part(root, "DigestValue"), "text", "!"),
    "no value": lambda root: setattr(part(root, "SignatureValue"), "text", EMPTY),
    "no signed info": lambda root: part(root, "Signature").remove(part(root, "SignedInfo")),
    "another ID": lambda root: root.set("ID", "_2"),
    "no ID": lambda root: root.attrib.pop("ID"),
    "content": lambda root: setattr(root[0], "text", EVIL),
    "an attribute": lambda root: root.set("ForceAuthn", "true"),
    "text behind the signature": lambda root: setattr(root[1], "tail", "x"),
}


VALUES = ("a value with elements", "no value", "no signed info")  # what would be lost by signing again


@pytest.mark.parametrize("name", CHANGES)
def test_only_one_shape_of_signature_is_known(name: str) -> None:
    """THREAT_MODEL.md 4: XSLT or XPath transform, http/file Reference URI: refused, and nothing is fetched.

    Also where the owner of the key made it so.
    """
    root = signed()
    CHANGES[name](root)
    if name not in VALUES:
        made = KEY.sign(canonical(part(root, "SignedInfo")))
        part(root, "SignatureValue").text = base64.b64encode(made).decode()
    with pytest.raises(BadSignature):
        verify(parse(serialize(root)), [KEY.certificate])


@pytest.mark.parametrize(("declared", "in_use"), [(201, 0), (10, 21), (0, 21)])
def test_more_namespaces_than_anybody_needs_are_not_written_down(declared: int, in_use: int) -> None:
    """THREAT_MODEL.md 4: answered within 100 ms. Canonical form, which is made before the signature can be verified,
    costs the product of namespaces, prefixes and elements: 30 kB of a stranger's took a minute.
    """
    namespaces = " ".join(f'xmlns:n{number}="urn:n"' for number in range(declared))
    opening = b"<samlp:AuthnRequest "
    written = serialize(signed()).replace(opening, opening + namespaces.encode() + b" ", 1)
    with pytest.raises((Unreadable, BadSignature), match="namespaces"):
        root = parse(written)
        prefixes = etree.SubElement(
            part(root, "CanonicalizationMethod"), tag(EXCLUSIVE, "InclusiveNamespaces")
        )
        prefixes.set("PrefixList", " ".join(f"n{number}" for number in range(in_use)))
        verify(root, [KEY.certificate])


def test_a_public_key_is_no_secret() -> None:
    """An HMAC made with the certificate, which everybody has."""
    root = signed()
    part(root, "SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    mac = hmac.digest(KEY.certificate, canonical(part(root, "SignedInfo")), "sha256")
    part(root, "SignatureValue").text = base64.b64encode(mac).decode()
    with pytest.raises(BadSignature, match="algorithm is not allowed"):
        verify(root, [KEY.certificate])


def test_sha1_is_known_only_where_it_is_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """THREAT_MODEL.md 8: SHA-1 signatures are refused, unless an administrator excepted the service."""
    key = KEYS[RSA_SHA256]
    monkeypatch.setattr(key, "method", RSA_SHA1, raising=True)
    monkeypatch.setattr(key, "_method", WEAK[RSA_SHA1])
    root = signed(key)
    monkeypatch.undo()
    with pytest.raises(BadSignature, match="algorithm is not allowed"):
        verify(copy.deepcopy(root), [key.certificate])
    assert verify(root, [key.certificate], sha1=True).get("ID") == "_1"


def test_weak_keys_are_no_keys() -> None:
    with pytest.raises(Unusable):
        public_key(base64.b64decode(WEAK_CERTIFICATE))


# RSA with 1024 bits, self-signed, made for this test.
WEAK_CERTIFICATE = (
    "MIIB/DCCAWWgAwIBAgIUNXyxd/d6T9cfcSX/hE5z2Db6sFQwDQYJKoZIhvcNAQELBQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjEx"
    "MjMwNDQzMjFaGA8yMTI2MTAzMDA0NDMyMVowDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEArYHQ"
    "+a5lobqIdn1lx1wLUGIMqwu76eN2yPhfPIGzJveJclCMsFSTXy1anBZJLoVuRceCIRz4jYo84rbsAaSJ53q3plCqbO141yhYdNrg"
    "oL8LVqyPi/IhvlESc/35QPz+fnNUN/neGj0qY6gYzd/Uek+9OUHR59FxZEyW7XjzBL0CAwEAAaNTMFEwHQYDVR0OBBYEFPQmuOXc"
    "Sc728tSNsz6CPOdFny5kMB8GA1UdIwQYMBaAFPQmuOXcSc728tSNsz6CPOdFny5kMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcN"
    "AQELBQADgYEAUxZNqXBCLOobsNS2rSrFU452UTOajGLtH+2D9mYB0qHa1O1+YSmyZRHiNp4COwAKcVAzKQ/DKygsv923ZtaPlWBH"
    "INa93t9AY18gtxZ7cblUO+te7l9UIzP/INX6XBRprlqmKbndzOydBMcP1iB6LvC9Bh68NARtAw+1Brh2qK8="
)
