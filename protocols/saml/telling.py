"""Telling a service from here to there that a session has ended (saml-profiles-2.0 §4.4.3.3, over SOAP)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from idp.custody.certification import CertifiedRing
from idp.logout.farewell import Untold
from idp.web.outbound import OutboundError
from protocols.saml import participation, soap
from protocols.saml.assertion import new_identifier
from protocols.saml.entity import Entity, Party
from protocols.saml.envelope import read_head, status_of
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.logout_message import RESPONSE, new_request, spoken
from protocols.saml.names import SOAP, SUCCESS, UNKNOWN_PRINCIPAL
from protocols.saml.sending import AFTER_ISSUER, signer
from protocols.saml.signature import BadSignature, is_signed, sign, verify
from protocols.saml.xml import Element
from storage.deliveries import Delivery
from storage.participants import Participant

OVER: Final = "the names by which it knows the session are over"


def back_address(party: Party) -> str:
    """Where the service takes logout messages from servers; empty where it takes none."""
    known = party.metadata.single_logout_services
    return next((each.location for each in known if each.binding == SOAP), "")


async def tell(here: Entity, party: Party, delivery: Delivery, now: int) -> None:
    """Post a request for each name by which it knows the session. Raises `Untold`."""
    tenant, client_id = here.tenant.name, party.metadata.entity_id
    async with here.provider.storage.snapshot(tenant) as tx:
        ring = await here.certification.load(tx)
        participants = await tx.participants.list(delivery.sid, client_id)
    if not participants:
        raise Untold(OVER)
    for group in participation.by_name(participants):
        await _tell(here, party, ring, group, now)
    async with here.provider.storage.transaction(tenant) as tx:
        await tx.participants.delete_of(delivery.sid, client_id)


async def _tell(
    here: Entity, party: Party, ring: CertifiedRing, group: Sequence[Participant], now: int
) -> None:
    identifier, address = new_identifier(), back_address(party)
    indexes = [each.session_index for each in group]
    try:
        name = spoken(party, participation.name_of(here, group[0]))
        message = new_request(identifier, here.id, address, now, name, indexes)
        sign(message, signer(party, ring), AFTER_ISSUER)
        answer = await here.outbound.post(address, soap.payload(message))
        if answer.status != 200:
            raise Untold(f"it answered {answer.status}")
        check(party, soap.unwrap(answer.body), identifier)
    except OutboundError as error:
        raise Untold(str(error)) from None
    except (Refused, SAMLError) as fault:
        raise Untold(fault.words) from None


def check(party: Party, unverified: Element, in_response_to: str) -> None:
    """Whether the service says that the user is signed out. Raises `Untold`, `Refused`.

    The connection tells who answers (saml-bindings-2.0 §3.2.2); a signature that is there must hold.
    """
    root = unverified
    try:
        if is_signed(unverified):
            certificates = party.metadata.signing_certificates
            root = verify(unverified, certificates, sha1=party.settings.allow_sha1)
    except BadSignature as error:
        raise Untold(f"its answer is not signed as it must be: {error}") from None
    head = read_head(root, RESPONSE)
    if head.issuer != party.metadata.entity_id or head.in_response_to != in_response_to:
        raise Untold("it answered something else")
    if not is_out(root):
        raise Untold(f"it answered {' '.join(each.rpartition(':')[2] for each in status_of(root))}".rstrip())


def is_out(response: Element) -> bool:
    """Whether the user is signed out there: also where he is not known any more. Raises `Refused`."""
    code, detail = status_of(response)
    return (code == SUCCESS and not detail) or detail == UNKNOWN_PRINCIPAL
