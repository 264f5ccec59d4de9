"""Parsers of the SAML door: messages of each binding, SOAP, metadata, points in time."""

from __future__ import annotations

import base64
import contextlib
from functools import cache

from keys.certified_key import CertifiedKey
from keys.xml_signature import ECDSA_SHA256
from protocols.saml import instant, soap
from protocols.saml.binding import Received, from_form, from_query
from protocols.saml.errors import Refused
from protocols.saml.logout_message import new_request, read_request
from protocols.saml.metadata import reading
from protocols.saml.metadata.description import describe
from protocols.saml.metadata.times import moment, span
from protocols.saml.name_id import NameID
from protocols.saml.names import ASSERTION, TRANSIENT
from protocols.saml.server import read_authn_request
from protocols.saml.signature import BadSignature, sign, verify
from protocols.saml.xml import Element, Unreadable, canonical, parse, serialize
from tests.browser import Browser
from tests.fuzz.kept import kept
from tests.fuzz.target import target
from tests.protocols.saml.metadata import samples
from tests.service_provider import Provider, ServiceProvider

NOW = 1_800_000_000
WORDS = (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<!-- -->", b"<?x y?>", b"<![CDATA[", b"]]>", b" xmlns:a='b'",
    b"xmlns=''",    b"ID='_a'", b"Id='_a'", b"xml:id='_a'", b"Issuer",
    b"<ds:Transform Algorithm='http://www.w3.org/TR/1999/REC-xslt-19991116'/>",
    b"URI='http://127.0.0.1/'", b"<saml:Issuer>", b"</saml:Issuer>", b"<a>" * 50, b"&#0;", b"&#xD800;", b"\xef\xbb\xbf",
    b"AssertionConsumerServiceIndex='0'", b"ForceAuthn='1'", b"index='", b"use='encryption'", b"validUntil='",
)  # fmt: skip


@cache
def provider() -> Provider:
    return Provider("wiki")


@cache
def requests() -> list[Element]:
    """A plain one, one with everything, and that one signed."""
    service = ServiceProvider(Browser.__new__(Browser), provider(), "https://id.example.com")
    inside = (
        f'<saml:Subject><saml:NameID>a</saml:NameID></saml:Subject><samlp:NameIDPolicy Format="{TRANSIENT}" '
        'AllowCreate="true"/><samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>urn:y'
        "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext><samlp:Scoping ProxyCount='1'/>"
    )
    signed = service.request(inside)
    sign(signed, provider().key, 1)
    return [service.request(), service.request(inside), signed]


@kept
def certificate() -> list[bytes]:
    """The service's, of which its messages are."""
    return [provider().key.certificate]


@kept
def messages() -> list[bytes]:
    return [serialize(each) for each in requests()]


@target("saml-message", messages, WORDS)
def look_at_message(data: bytes) -> None:
    """What is posted: read or refused, and believed only as it was signed."""
    with contextlib.suppress(Refused, BadSignature):
        form = {"SAMLRequest": base64.b64encode(data).decode(), "RelayState": "x"}
        look_at_received(from_form(form, "SAMLRequest"))


def look_at_received(received: Received) -> None:
    with contextlib.suppress(Refused):
        asked = read_authn_request(received.unverified_root)
        instant.read(asked.issue_instant)
    root = received.verified(certificate())
    believed = read_authn_request(root)
    if received.detached is None:
        assert canonical(root) in signed_texts(), believed


@cache
def signed_texts() -> tuple[bytes, ...]:
    """What the service has signed, as a verifier gives it."""
    return (canonical(verify(parse(messages()[2]), certificate())),)


@kept
def queries() -> list[bytes]:
    service = ServiceProvider(Browser.__new__(Browser), provider(), "https://id.example.com")
    return [
        service.redirect(requests()[0], "state", signed=signed).partition("?")[2].encode()
        for signed in (True, False)
    ]


@target(
    "saml-query", queries, (b"SAMLRequest=", b"&SigAlg=", b"&Signature=", b"&RelayState=", b"&SAMLEncoding=")
)
def look_at_query(data: bytes) -> None:
    """What stands in an address: its signature covers the very characters."""
    with contextlib.suppress(Refused, BadSignature):
        received = from_query(data.decode("latin-1"), "SAMLRequest")
        with contextlib.suppress(Refused):
            read_authn_request(received.unverified_root)
        received.verified(certificate())


@target("saml-inflate", lambda: [base64.b64decode("80jNyclXCM8vyklRBAA=")], ())
def look_at_deflated(data: bytes) -> None:
    """Whatever is compressed is no longer than a message may be."""
    with contextlib.suppress(Refused):
        form = {"SAMLRequest": base64.b64encode(b"\x01" + data).decode()}
        from_form(form, "SAMLRequest")


@target("saml-xml", messages, WORDS)
def look_at_tree(data: bytes) -> None:
    """What is read once reads the same again, by whoever looks at it."""
    try:
        root = parse(data)
    except Unreadable:
        return
    again = parse(serialize(root), 1 << 20)
    with contextlib.suppress(Unreadable):
        assert canonical(root) == canonical(again)


@cache
def logout_keys() -> tuple[CertifiedKey, ...]:
    return (CertifiedKey.generate(ECDSA_SHA256, "x", 0),)


@kept
def logouts() -> list[bytes]:
    name = parse(f'<saml:NameID xmlns:saml="{ASSERTION}" Format="{TRANSIENT}">a</saml:NameID>'.encode())
    request = new_request(
        "_1", "https://wiki.example.com", "https://id.example.com/slo", NOW, name, ["s1", "s2"]
    )
    return [serialize(request), soap.wrap(request)]


@target("saml-logout", logouts, (*WORDS, b"NotOnOrAfter='2020-01-01T00:00:00Z'", b"<samlp:SessionIndex>"))
def look_at_logout(data: bytes) -> None:
    with contextlib.suppress(Unreadable, Refused):
        found = read_request(parse(data), logout_keys(), NOW, 60)
        assert isinstance(found.name_id, NameID)


@target("saml-soap", logouts, (*WORDS, b"soap:mustUnderstand='1'", b"<soap:Header>"))
def look_at_soap(data: bytes) -> None:
    with contextlib.suppress(Refused):
        message = soap.unwrap(data)
        with contextlib.suppress(Unreadable):
            assert canonical(soap.unwrap(soap.wrap(parse(serialize(message), 1 << 20)))) == canonical(message)


@kept
def federation() -> list[bytes]:
    """Whose signature is under the last of `metadata`."""
    return [samples.key("federation").certificate]


@kept
def metadata() -> list[bytes]:
    entity = samples.entity(
        samples.descriptor("", "one") + samples.slo() + samples.acs(more=' isDefault="true"')
    )
    return [
        samples.entity().encode(),
        entity.encode(),
        samples.aggregate(samples.entity(), samples.entity(entity_id="https://b.example.com/sp")).encode(),
        samples.sealed(samples.entity(more='ID="_e" validUntil="2031-01-01T00:00:00Z"')).encode(),
    ]


@target("saml-metadata", metadata, (*WORDS, b"EntitiesDescriptor", b"cacheDuration='P1D'", b"index='000000'"))
def look_at_metadata(data: bytes) -> None:
    """As a file, and signed by its publisher; what is kept of it describes the same as long as it is kept."""
    for pinned in ((), federation()):
        with contextlib.suppress(Unreadable, BadSignature):
            for found in reading.read(data, None, pinned).values():
                once = describe(found.document, found.valid_until)
                (again,) = reading.read(found.document, None).values()
                assert again.document == found.document
                assert describe(again.document, found.valid_until) == once


@target("saml-times", lambda: [b"2027-01-31T12:00:00Z", b"2027-01-31T12:00:00.5+09:00", b"P1Y2M3DT4H5M6.7S"])
def look_at_times(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    at = instant.read(text)
    if at is not None and at >= 0:
        assert instant.read(instant.write(at)) == at
    for read in (moment, span):
        with contextlib.suppress(Unreadable):
            read(text)
