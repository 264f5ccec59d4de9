"""Messages between servers: SOAP 1.1, one message in one envelope (saml-bindings-2.0 §3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aiohttp import BytesPayload, web
from lxml import etree

from protocols.saml.errors import Refused
from protocols.saml.names import SOAP_ENVELOPE, tag
from protocols.saml.xml import MESSAGE_BYTES, Element, Unreadable, parse, serialize

CONTENT_TYPE: Final = "text/xml"
# The second is SOAP 1.2's (RFC 3902), which some services write over an envelope of SOAP 1.1.
TAKEN: Final = (CONTENT_TYPE, "application/soap+xml")
HEADERS: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # §3.2.3.1 asks for both
MUST_UNDERSTAND: Final = tag(SOAP_ENVELOPE, "mustUnderstand")


async def receive(request: web.Request) -> Element:
    """The message that was posted. Raises `Refused`.

    Its media type is one that no form of another site can send.
    """
    if request.content_type not in TAKEN:
        raise Refused("malformed", f"expected {' or '.join(TAKEN)}")
    if (request.content_length or 0) > MESSAGE_BYTES:
        raise Refused("malformed", f"the message is longer than {MESSAGE_BYTES} bytes")
    return unwrap(await request.read())


def unwrap(body: bytes) -> Element:
    """The one message in an envelope, as a tree of its own. Raises `Refused`."""
    try:
        root = parse(body)
        if root.tag != tag(SOAP_ENVELOPE, "Envelope"):
            raise Refused("malformed", "the message is in no envelope of SOAP 1.1")
        if any(each.get(MUST_UNDERSTAND) in ("1", "true") for each in root.iterfind(_path("Header", "*"))):
            raise Refused("malformed", "a header of the envelope must be understood, and is not")
        bodies = root.findall(tag(SOAP_ENVELOPE, "Body"))
        if len(bodies) != 1 or len(bodies[0]) != 1:
            raise Refused("malformed", "there must be one message in the envelope")
        return parse(serialize(bodies[0][0]), 2 * MESSAGE_BYTES)  # it takes the envelope's namespaces along
    except Unreadable as error:
        raise Refused("malformed", str(error)) from None


def wrap(message: Element, headers: Iterable[Element] = ()) -> bytes:
    """The message in an envelope. What is signed in it stays so: canonicalization is exclusive."""
    envelope = etree.Element(tag(SOAP_ENVELOPE, "Envelope"), nsmap={"soap": SOAP_ENVELOPE})
    given = list(headers)
    if given:
        etree.SubElement(envelope, tag(SOAP_ENVELOPE, "Header")).extend(given)
    etree.SubElement(envelope, tag(SOAP_ENVELOPE, "Body")).append(message)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def payload(message: Element) -> BytesPayload:
    """What is posted to another server."""
    return BytesPayload(wrap(message), content_type=CONTENT_TYPE)


def respond(body: bytes, status: int = 200) -> web.Response:
    """An answer to another server."""
    return web.Response(status=status, body=body, content_type=CONTENT_TYPE, charset="utf-8", headers=HEADERS)


def refuse(fault: Refused) -> web.Response:
    """What is not understood is a fault; who may not ask is forbidden to (saml-bindings-2.0 §3.2.3.3)."""
    return answer_fault(f"{fault.fault}: {fault.words}", 500 if fault.fault == "malformed" else 403)


def answer_fault(words: str, status: int) -> web.Response:
    """What cannot be answered by a message, and is for the sender to mend (SOAP 1.1 §4.4)."""
    element = etree.Element(tag(SOAP_ENVELOPE, "Fault"), nsmap={"soap": SOAP_ENVELOPE})
    etree.SubElement(element, "faultcode").text = "soap:Client"
    etree.SubElement(element, "faultstring").text = words
    return respond(wrap(element), status)


def _path(*names: str) -> str:
    return "/".join(name if name == "*" else tag(SOAP_ENVELOPE, name) for name in names)
