"""What services ask from server to server: to end a session, and for a message that an artifact stands for."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.visit import Visit
from idp.web.certificate import client_certificate
from idp.web.exchange import NOW
from idp.web.visiting import visit
from keys.certificate import Certificate, InvalidCertificate
from protocols.saml import entity, soap
from protocols.saml.artifact import consume
from protocols.saml.binding import Received
from protocols.saml.entity import RESOLUTION, SLO_SOAP, Entity, Party
from protocols.saml.envelope import add_status, authenticate, new_message, only, text
from protocols.saml.errors import Refused
from protocols.saml.logout_message import REQUEST, new_response, read_request
from protocols.saml.names import PROTOCOL, REQUESTER, SOAP, SUCCESS, UNKNOWN_PRINCIPAL
from protocols.saml.sending import AFTER_ISSUER, signer
from protocols.saml.signature import sign
from protocols.saml.signing_out import end
from protocols.saml.xml import parse

RESOLVE: Final = "ArtifactResolve"


async def slo(request: web.Request) -> web.Response:
    """POST: a service ends its user's session, without a browser (saml-profiles-2.0 §4.4.3.1)."""
    here, now = entity.of(request), request[NOW]
    try:
        received, destination = await _receive(request), here.tenant.url(SLO_SOAP)
        party, head, root = authenticate(
            here, received, REQUEST, destination, now, shows=_certificate(request, now)
        )
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            visiting = visit(request, tx)
            ring = await here.certification.load(tx)
            keys = ring.encryption + ring.retired
            asked = read_request(root, keys, now, party.settings.skew_seconds)
            ended = await end(visiting, here, party, head.id, asked, browser=False)
    except Refused as fault:
        return await _refuse(request, here, "logout.refused", fault)
    status = (await ended.conclude(here)).status if ended else (REQUESTER, UNKNOWN_PRINCIPAL)
    message = new_response(here.id, "", head.id, now, status)
    sign(message, signer(party, ring), AFTER_ISSUER)
    return soap.respond(soap.wrap(message))


async def resolve(request: web.Request) -> web.Response:
    """POST: the message behind an artifact, once, for the service that it was made for (saml-core-2.0 §3.5)."""
    here, now = entity.of(request), request[NOW]
    try:
        received, destination = await _receive(request), here.tenant.url(RESOLUTION)
        party, head, root = authenticate(
            here, received, RESOLVE, destination, now, shows=_certificate(request, now)
        )
        artifact = text(only(root, PROTOCOL, "Artifact"))
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            visiting: Visit = visit(request, tx)
            ring = await here.certification.load(tx)
            found = await consume(visiting, here, party, artifact)
            event = "artifact.resolved" if found else "artifact.unknown"
            await visiting.record(event, user_id=None, service=party.service)
    except Refused as fault:
        return await _refuse(request, here, "artifact.refused", fault)
    message = new_message("ArtifactResponse", here.id, now, in_response_to=head.id)
    add_status(message, SUCCESS)
    if found is not None:
        message.append(parse(found, len(found)))
    sign(message, signer(party, ring), AFTER_ISSUER)
    return soap.respond(soap.wrap(message))


async def _receive(request: web.Request) -> Received:
    return Received(SOAP, await soap.receive(request))


def _certificate(request: web.Request, now: int) -> entity.Shows:
    """Whether the sender showed, to the proxy in front of us, a certificate with a key of his metadata."""
    shown = client_certificate(request)

    def shows(party: Party) -> bool:
        if shown is None or not shown.is_valid(now):
            return False
        return shown.public_key in _public_keys(party)

    return shows


def _public_keys(party: Party) -> list[bytes]:
    found = []
    for certificate in party.metadata.signing_certificates:
        try:
            found.append(Certificate.from_der(certificate).public_key)
        except InvalidCertificate:
            continue
    return found


async def _refuse(request: web.Request, here: Entity, event: str, fault: Refused) -> web.Response:
    """Not by a message of SAML: who asks is not known, or nothing that he sent is believed."""
    said = {"error": fault.fault, "reason": fault.words}
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        await visit(request, tx).record(event, user_id=None, service=fault.service, **said)
    return soap.refuse(fault)
