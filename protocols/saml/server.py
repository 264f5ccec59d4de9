"""The only file that knows pysaml2: its message classes, read from a tree of ours and built into one.

Its `Server` is not used. That one parses again what was parsed, ignores what it checked, keeps every assertion
in memory and starts a program for each signature; docs/decisions/ says more. The classes know the standard.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree import ElementTree

from lxml import etree
from saml2 import create_class_from_element_tree, saml, samlp
from saml2.validate import valid_instance

from protocols.saml.attributes import Attribute
from protocols.saml.errors import Refused
from protocols.saml.instant import write
from protocols.saml.message import AuthnRequest, Statement
from protocols.saml.name_id import NameID
from protocols.saml.names import ASSERTION, BEARER, DS, ENTITY, PROTOCOL, SUCCESS, XS, XSI
from protocols.saml.xml import Element

VERSION: Final = "2.0"
_ID: Final = re.compile(r"[A-Za-z_][\w.-]{0,255}", re.ASCII)  # xs:ID, and as long as anybody makes it
_IN_RESPONSES: Final = {"samlp": PROTOCOL, "saml": ASSERTION, "ds": DS}
_IN_ASSERTIONS: Final = {"saml": ASSERTION, "ds": DS, "xs": XS, "xsi": XSI}


def read_authn_request(root: Element) -> AuthnRequest:
    """Raises `Refused` for what is no AuthnRequest as the schema has it."""
    children = [child.tag for child in root]
    requests = [each for each in root.iter() if str(each.tag).endswith("Request") and each is not root]
    if requests or len(set(children)) != len(children):
        raise Refused("malformed", "an element stands twice in the request")
    try:
        message: Any = create_class_from_element_tree(samlp.AuthnRequest, root)
        if message is not None:
            valid_instance(message)
    except Exception:  # pysaml2 raises eight kinds of them for a message that breaks the schema
        message = None
    if message is None:
        raise Refused("malformed", "the message is no AuthnRequest as the SAML schema has it")
    if not _ID.fullmatch(message.id):
        raise Refused("malformed", "the ID of the request is no xs:ID")
    return _authn_request(message)


def _authn_request(message: Any) -> AuthnRequest:
    issuer, policy = message.issuer, message.name_id_policy
    if issuer is None or issuer.format not in (None, ENTITY) or not _text(issuer):
        raise Refused("malformed", "the request does not say who sent it")
    contexts, subject = message.requested_authn_context, message.subject
    return AuthnRequest(
        id=message.id,
        version=message.version,
        issue_instant=message.issue_instant,
        issuer=_text(issuer),
        destination=message.destination,
        acs_url=message.assertion_consumer_service_url,
        acs_index=message.assertion_consumer_service_index,
        protocol_binding=message.protocol_binding,
        force_authn=message.force_authn in ("true", "1"),
        is_passive=message.is_passive in ("true", "1"),
        name_id_format=policy.format if policy else None,
        sp_name_qualifier=policy.sp_name_qualifier if policy else None,
        # The schema's default is false, and services that leave it out expect a name all the same (§3.4.1.1, E14):
        # only who says that none is to be made means it.
        allow_create=policy is None or policy.allow_create not in ("false", "0"),
        comparison=(contexts.comparison or "exact") if contexts else "exact",
        context_classes=tuple(map(_text, contexts.authn_context_class_ref)) if contexts else (),
        has_declarations=bool(contexts and contexts.authn_context_decl_ref),
        subject=_name_id(subject.name_id) if subject and subject.name_id else None,
        has_subject=subject is not None,
    )


def read_name_id(element: Element) -> NameID:
    """A NameID that was encrypted. Raises `Refused`."""
    name_id = create_class_from_element_tree(saml.NameID, element)
    if name_id is None:
        raise Refused("malformed", "what was encrypted is no NameID")
    return _name_id(name_id)


def _name_id(name_id: Any) -> NameID:
    return NameID(_text(name_id), name_id.format or "", name_id.name_qualifier, name_id.sp_name_qualifier)


def _text(instance: Any) -> str:
    return (instance.text or "").strip()


def build_assertion(said: Statement) -> Element:
    """An assertion for a browser to carry (saml-profiles-2.0 §4.1.4.2), not signed."""
    confirmation = saml.SubjectConfirmationData(
        recipient=said.recipient, not_on_or_after=write(said.ends_at), in_response_to=said.in_response_to
    )
    conditions = saml.Conditions(
        not_before=write(said.begins_at),
        not_on_or_after=write(said.ends_at),
        audience_restriction=[saml.AudienceRestriction(audience=[saml.Audience(text=said.audience)])],
    )
    authentication = saml.AuthnStatement(
        authn_instant=write(said.authenticated_at),
        session_index=said.session_index,
        session_not_on_or_after=write(said.session_ends_at),
        authn_context=saml.AuthnContext(
            authn_context_class_ref=saml.AuthnContextClassRef(text=said.context_class)
        ),
    )
    assertion = saml.Assertion(
        id=said.id,
        version=VERSION,
        issue_instant=write(said.issued_at),
        issuer=saml.Issuer(text=said.issuer),
        subject=saml.Subject(
            name_id=_built_name_id(said.name_id),
            subject_confirmation=[
                saml.SubjectConfirmation(method=BEARER, subject_confirmation_data=confirmation)
            ],
        ),
        conditions=conditions,
        authn_statement=[authentication],
    )
    if said.attributes:
        assertion.attribute_statement = [
            saml.AttributeStatement([_attribute(each) for each in said.attributes])
        ]
    return _tree(assertion, _IN_ASSERTIONS)


def build_response(
    identifier: str,
    issuer: str,
    destination: str,
    in_response_to: str | None,
    now: int,
    status: tuple[str, str, str] = (SUCCESS, "", ""),
) -> Element:
    """A response without an assertion; `status` is the code, the second-level code, and words, both may be empty."""
    code, detail, words = status
    second = samlp.StatusCode(value=detail) if detail else None
    response = samlp.Response(
        id=identifier,
        version=VERSION,
        issue_instant=write(now),
        destination=destination,
        in_response_to=in_response_to,
        issuer=saml.Issuer(text=issuer),
        status=samlp.Status(
            status_code=samlp.StatusCode(value=code, status_code=second),
            status_message=samlp.StatusMessage(text=words) if words else None,
        ),
    )
    return _tree(response, _IN_RESPONSES)


def _built_name_id(name_id: NameID) -> Any:
    return saml.NameID(
        text=name_id.value,
        format=name_id.format,
        name_qualifier=name_id.name_qualifier,
        sp_name_qualifier=name_id.sp_name_qualifier,
    )


def _attribute(attribute: Attribute) -> Any:
    return saml.Attribute(
        name=attribute.name,
        name_format=attribute.name_format,
        friendly_name=attribute.friendly_name,
        attribute_value=[saml.AttributeValue(text=value) for value in attribute.values],
    )


def _tree(message: Any, prefixes: dict[str, str]) -> Element:
    """The tree that pysaml2 makes, as lxml has it: writing it down and reading it again takes three times as long."""
    made = message._to_element_tree()
    root = etree.Element(made.tag, nsmap=prefixes)
    _copy(made, root)
    return root


def _copy(made: ElementTree.Element, into: Element) -> None:
    into.text = made.text
    for name, value in made.attrib.items():
        if not name.startswith("xmlns:"):  # the type of a value: its prefix is declared at the root
            into.set(name, value)
    for child in made:
        _copy(child, etree.SubElement(into, child.tag))
