"""What all protocol messages have in common (saml-core-2.0 §3.2): read strictly, believed once authenticated, made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from protocols.saml.assertion import new_identifier
from protocols.saml.binding import Received
from protocols.saml.entity import Entity, Party, Shows
from protocols.saml.errors import Refused
from protocols.saml.instant import write
from protocols.saml.names import ASSERTION, ENTITY, PROTOCOL, tag
from protocols.saml.request import check_time
from protocols.saml.signature import BadSignature
from protocols.saml.xml import Element

VERSION: Final = "2.0"
NAMESPACES: Final = {"samlp": PROTOCOL, "saml": ASSERTION}
_ID: Final = re.compile(r"[A-Za-z_][\w.-]{0,255}", re.ASCII)  # xs:ID, and as long as anybody makes it


@dataclass(frozen=True, slots=True)
class Head:
    """Who says it, when, to whom, in answer to what."""

    id: str
    issue_instant: str
    issuer: str
    destination: str
    in_response_to: str


def read_head(root: Element, name: str) -> Head:
    """Raises `Refused` for what is no message of that name."""
    if root.tag != tag(PROTOCOL, name) or root.get("Version") != VERSION:
        raise Refused("malformed", f"the message is no {name} of SAML 2.0")
    issuer = only(root, ASSERTION, "Issuer")
    if issuer.get("Format") not in (None, ENTITY) or not text(issuer):
        raise Refused("malformed", "the message does not say who sent it")
    identifier = root.get("ID", "")
    if not _ID.fullmatch(identifier):
        raise Refused("malformed", "the ID of the message is no xs:ID")
    attributes = (root.get(each, "") for each in ("Destination", "InResponseTo"))
    return Head(identifier, root.get("IssueInstant", ""), text(issuer), *attributes)


def only(parent: Element, namespace: str, name: str) -> Element:
    """The one child of that name. Raises `Refused` where there is none, or more."""
    found = parent.findall(tag(namespace, name))
    if len(found) != 1:
        raise Refused("malformed", f"there must be one {name}")
    return found[0]


def text(element: Element) -> str:
    """All of it: comments were dropped while reading, and elements have no place in it. Raises `Refused`."""
    if len(element):
        raise Refused("malformed", "a value has elements in it")
    return (element.text or "").strip()


def authenticate(
    here: Entity,
    received: Received,
    name: str,
    destination: str,
    now: int,
    *,
    shows: Shows = lambda _: False,
) -> tuple[Party, Head, Element]:
    """Whose message it is, and what he says for sure: who does not sign must show the key in another way (`shows`).

    Raises `Refused`.
    """
    unverified = read_head(received.unverified_root, name)
    party = here.sender(unverified.issuer)
    if party is None:
        raise Refused("unknown_service", "no service that is registered here calls itself as the sender does")
    root = received.unverified_root
    try:
        if received.is_signed:
            root = received.verified(party.metadata.signing_certificates, sha1=party.settings.allow_sha1)
        elif not shows(party):
            raise Refused("not_signed", f"a {name} must be signed, and this one is not")
        head = read_head(root, name)
        if head.issuer != unverified.issuer:
            raise Refused("bad_signature", "the signature is of something else")
        if head.destination not in ("", destination):
            raise Refused("wrong_destination", "the message was made for another address than ours")
        check_time(party, head.issue_instant, now)
    except BadSignature as error:
        raise Refused("bad_signature", str(error), party.service) from None
    except Refused as fault:
        raise Refused(fault.fault, fault.words, party.service) from None
    return party, head, root


def new_message(
    name: str, issuer: str, now: int, destination: str = "", in_response_to: str = "", identifier: str = ""
) -> Element:
    """A message with its issuer, to which the rest is appended."""
    root = etree.Element(tag(PROTOCOL, name), nsmap=NAMESPACES)
    root.set("ID", identifier or new_identifier())
    root.set("Version", VERSION)
    root.set("IssueInstant", write(now))
    if destination:
        root.set("Destination", destination)
    if in_response_to:
        root.set("InResponseTo", in_response_to)
    add(root, ASSERTION, "Issuer", issuer)
    return root


def add(parent: Element, namespace: str, name: str, value: str | None = None) -> Element:
    """A child with that text."""
    child = etree.SubElement(parent, tag(namespace, name))
    child.text = value
    return child


def add_status(message: Element, code: str, detail: str = "") -> None:
    """The status of a response; `detail` is the second-level code."""
    first = add(add(message, PROTOCOL, "Status"), PROTOCOL, "StatusCode")
    first.set("Value", code)
    if detail:
        add(first, PROTOCOL, "StatusCode").set("Value", detail)


def status_of(response: Element) -> tuple[str, str]:
    """The code and the second-level code. Raises `Refused` where there is none."""
    code = only(only(response, PROTOCOL, "Status"), PROTOCOL, "StatusCode")
    second = code.find(tag(PROTOCOL, "StatusCode"))
    return code.get("Value", ""), second.get("Value", "") if second is not None else ""
