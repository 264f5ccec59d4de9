"""Whether a service may ask what it asks: each rule once, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from keys.certified_key import CertifiedKey
from keys.xml_encryption import Undecipherable
from protocols.saml import authn_context
from protocols.saml.binding import Received
from protocols.saml.encryption import open_encrypted
from protocols.saml.entity import ANSWERED, Entity, Party
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.instant import read
from protocols.saml.message import AuthnRequest
from protocols.saml.name_id import NameID, choose_format
from protocols.saml.names import (
    ASSERTION,
    INVALID_NAME_ID_POLICY,
    REQUESTER,
    RESPONDER,
    UNKNOWN_PRINCIPAL,
    UNSPECIFIED,
    UNSUPPORTED_BINDING,
    VERSION_MISMATCH,
    tag,
)
from protocols.saml.server import VERSION, read_authn_request, read_name_id
from protocols.saml.service_provider import IndexedEndpoint
from protocols.saml.signature import BadSignature
from protocols.saml.xml import Element

ENCRYPTED: Final = f"{tag(ASSERTION, 'Subject')}/{tag(ASSERTION, 'EncryptedID')}"


def arrive(
    entity: Entity, received: Received, now: int, destination: str = ""
) -> tuple[Party, AuthnRequest, Element]:
    """Who asks, and what he asks for sure. Raises `Refused`, which can be told to nobody but the person."""
    unverified = read_authn_request(received.unverified_root)
    party = entity.sender(unverified.issuer)
    if party is None:
        raise Refused("unknown_service", "no service that is registered here calls itself as the sender does")
    try:
        return party, *_checked(destination or entity.sso, party, received, unverified, now)
    except Refused as fault:
        raise Refused(fault.fault, fault.words, party.service) from None


def _checked(
    destination: str, party: Party, received: Received, unverified: AuthnRequest, now: int
) -> tuple[AuthnRequest, Element]:
    root = authenticate(party, received)
    asked = unverified if root is received.unverified_root else read_authn_request(root)
    if asked.issuer != unverified.issuer:
        raise Refused("bad_signature", "the signature is of something else")
    if asked.destination not in (None, "", destination):
        raise Refused("wrong_destination", "the request was made for another address than ours")
    check_time(party, asked.issue_instant, now)
    return asked, root


def authenticate(party: Party, received: Received) -> Element:
    """What may be read of the message. A signature that is there must hold, whether it is asked for or not."""
    wanted = party.metadata.authn_requests_signed or party.settings.require_signed_requests
    if not received.is_signed:
        if wanted:
            raise Refused("not_signed", "requests of this service must be signed, and this one is not")
        return received.unverified_root
    try:
        return received.verified(party.metadata.signing_certificates, sha1=party.settings.allow_sha1)
    except BadSignature as error:
        raise Refused("bad_signature", str(error)) from None


def check_time(party: Party, issue_instant: str, now: int) -> None:
    """Raises `Refused` with by how much the clocks differ, which is what an administrator wants to know."""
    at, skew, age = read(issue_instant), party.settings.skew_seconds, party.settings.request_seconds
    if at is None:
        raise Refused("malformed", "IssueInstant is no point in time")
    if at - now > skew:
        raise Refused("wrong_clock", f"the clock of the service is {at - now} seconds ahead of ours")
    if now - at > age + skew:
        raise Refused(
            "expired_request",
            f"the request was made {now - at} seconds ago and was good for {age}: begin again at the service; "
            "if that does not help, its clock is behind ours",
        )


def find_consumer(party: Party, asked: AuthnRequest, bindings: Sequence[str] = ANSWERED) -> IndexedEndpoint:
    """Where the answer goes: only where the metadata says (saml-profiles-2.0 §4.1.4.1). Raises `Refused`."""
    known = [each for each in party.metadata.assertion_consumer_services if each.binding in bindings]
    liked = [each for each in known if each.binding == asked.protocol_binding] or known
    if asked.acs_url:
        ordered = dict.fromkeys((*liked, *known))
        fitting = [each for each in ordered if each.location == asked.acs_url]
    elif asked.acs_index is not None:
        fitting = [each for each in known if str(each.index) == asked.acs_index.strip()]
    else:
        fitting = [each for each in (party.default_of(liked),) if each is not None]
    if not fitting:
        raise Refused(
            "unknown_acs", "the answer is wanted at an address that the metadata of the service lacks"
        )
    return fitting[0]


def keep(
    party: Party, asked: AuthnRequest, consumer: IndexedEndpoint, relay_state: str | None
) -> dict[str, Any]:
    """What is needed once the user is proven, as JSON; what of it cannot be had is told there."""
    return {
        "service": party.service,
        "id": asked.id,
        "acs": consumer.location,
        "binding": consumer.binding,
        "relay_state": relay_state,
        "force": asked.force_authn,
        "passive": asked.is_passive,
        "format": asked.name_id_format,
        "create": asked.allow_create,
        "comparison": asked.comparison,
        "classes": list(asked.context_classes),
    }


def check(party: Party, asked: AuthnRequest, bindings: Sequence[str] = ANSWERED) -> None:
    """What is told to the service as a status. Raises `SAMLError`."""
    if asked.version != VERSION:
        raise SAMLError(VERSION_MISMATCH, "", "only SAML 2.0 is spoken here")
    if asked.protocol_binding not in (None, "", *bindings):
        raise SAMLError(REQUESTER, UNSUPPORTED_BINDING, "answers are not sent by that binding")
    choose_format(party.settings, asked.name_id_format)
    if asked.sp_name_qualifier not in (None, "", party.metadata.entity_id):
        raise SAMLError(REQUESTER, INVALID_NAME_ID_POLICY, "names are given to the service itself only")
    authn_context.check(asked.comparison, asked.has_declarations)


def subject_of(root: Element, asked: AuthnRequest, keys: tuple[CertifiedKey, ...]) -> NameID | None:
    """Whom the service wants to hear of, if it says so. Raises `SAMLError` where that cannot be read."""
    if not asked.has_subject or asked.subject is not None:
        return asked.subject
    wrapper = root.find(ENCRYPTED)
    try:
        if wrapper is None:
            raise Undecipherable
        return read_name_id(open_encrypted(wrapper, keys))
    except (Undecipherable, Refused):
        raise SAMLError(RESPONDER, UNKNOWN_PRINCIPAL, "the subject of the request is not readable") from None


def about(subject: NameID | None, asked: AuthnRequest) -> dict[str, Any]:
    """The same as it is kept; the answer then has the format of the name that was given."""
    if subject is None:
        return {}
    return {
        "subject": [subject.value, subject.format],
        "format": asked.name_id_format or subject.format or None,
    }


def is_of(kept: Mapping[str, Any], name: NameID) -> bool:
    """Whether the user is whom the service wants to hear of (saml-core-2.0 §3.4.1)."""
    value, kind = kept.get("subject") or (name.value, "")
    return value == name.value and kind in (name.format, UNSPECIFIED, "")
