"""The guard in front of everything that reads XML: bounded, one parser, nothing that can be read in two ways.

One tree is made of a message, and signature, pysaml2 and our own checks all look at that one. There is no
document type, so there are no entities and no defaults; comments are dropped while reading, so that text is whole.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

from lxml import etree

Element = etree._Element

MESSAGE_BYTES: Final = 128 * 1024  # a request has one kilobyte, with a signature and its certificate four
DEPTH: Final = 40  # a signed and encrypted response has eleven
# What is made of an element costs much more than to read it, and of its attributes by the square of their number.
ELEMENTS: Final = 2000  # a request has ten, a service's metadata some hundred
ATTRIBUTES: Final = 100  # of one element; an AuthnRequest may have eleven
# Canonical form costs the product of both and of the elements: of a request of 30 kB it took a minute.
DECLARATIONS: Final = 200  # of namespaces in a message; a request has ten, a hundred if it says each anew
PREFIXES: Final = 20  # that are said to be visibly used; libraries say one or two
# Whatever begins so and is no comment can declare something: DOCTYPE, ENTITY, ELEMENT, ATTLIST.
_DECLARATION: Final = re.compile(rb"<!(?!--|\[CDATA\[)")
_OTHER_ENCODING: Final = (b"\xff\xfe", b"\xfe\xff", b"\0")
# What is asked of each element is asked by libxml2 itself: a walk in Python took longer than to parse.
_IDENTIFIERS: Final = etree.XPath("//@ID | //@Id | //@xml:id", smart_strings=False)
_TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (DEPTH + 1)})")
_TOO_MANY: Final = etree.XPath(f"count(//*) > {ELEMENTS} or //*[@*[{ATTRIBUTES + 1}]]")
# The encoding is ours to say: what stands in the XML declaration could hide a document type.
_PARSER: Final = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    attribute_defaults=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


class Unreadable(ValueError):
    """Not XML that we read. The words are for whoever programs the other side, and repeat nothing of it."""


def inflate(data: bytes, limit: int = MESSAGE_BYTES) -> bytes:
    """Raw DEFLATE (RFC 1951). Raises `Unreadable`, at the latest when `limit` bytes have come out."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = engine.decompress(data, limit + 1)
    except zlib.error:
        raise Unreadable("the message is not compressed by DEFLATE") from None
    if len(inflated) > limit:
        raise Unreadable(f"the message is longer than {limit} bytes")
    if not engine.eof:
        raise Unreadable("the compressed message has no end")
    return inflated


def parse(data: bytes, limit: int = MESSAGE_BYTES, declarations: int = DECLARATIONS) -> Element:
    """The root of the one tree that is made of the bytes, as UTF-8. More than `declarations` of namespaces are for what
    is never written in canonical form. Raises `Unreadable`.
    """
    if len(data) > limit:
        raise Unreadable(f"the XML is longer than {limit} bytes")
    if data.startswith(_OTHER_ENCODING[:2]) or b"\0" in data:
        raise Unreadable("the XML is not UTF-8")
    if _DECLARATION.search(data):
        raise Unreadable("the XML declares a document type")
    if data.count(b"xmlns") > declarations:
        raise Unreadable(f"the XML declares more than {declarations} namespaces")
    try:
        root = etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("the XML is not well-formed") from None
    _check(root)
    return root


def _check(root: Element) -> None:
    """Bounds, and that no two elements have one ID: a reference must mean one element to everybody."""
    if _TOO_DEEP(root):
        raise Unreadable(f"the XML is nested deeper than {DEPTH}")
    if _TOO_MANY(root):
        raise Unreadable(
            f"the XML has more than {ELEMENTS} elements, or one with more than {ATTRIBUTES} attributes"
        )
    identifiers: Any = _IDENTIFIERS(root)
    if len(set(identifiers)) != len(identifiers):
        raise Unreadable("two elements have one ID")


def serialize(element: Element) -> bytes:
    """The element as it stands, with the namespaces that it needs."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def indented(element: Element) -> str:
    """For people to read: whatever was signed in it is so no longer."""
    etree.indent(element)
    return serialize(element).decode()


def canonical(element: Element, inclusive: tuple[str, ...] = ()) -> bytes:
    """Exclusive canonical XML without comments (Exclusive XML Canonicalization 1.0).

    Raises `Unreadable` where there is none: for a namespace that is a relative address (Canonical XML 1.0 §1.3); and
    for more `inclusive` prefixes than anybody needs.
    """
    if len(inclusive) > PREFIXES:
        raise Unreadable(f"more than {PREFIXES} namespaces are said to be in use")
    try:
        return etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=inclusive or None,
        )
    except etree.C14NError:
        raise Unreadable("the XML has no canonical form") from None
