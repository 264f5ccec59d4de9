"""The answer to a service: a form that the browser posts, and what is written down about it."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from idp.custody.certification import CertifiedRing
from idp.outcome import Accept
from idp.visit import Visit
from keys.token import new_id
from protocols.saml.assertion import Envelope, encryption_certificate, failure, success
from protocols.saml.entity import Entity, Party
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.handing_over import hand_over
from protocols.saml.name_id import NameID, choose_format, name
from protocols.saml.names import RESPONDER, UNKNOWN_PRINCIPAL
from protocols.saml.participation import remember
from protocols.saml.request import is_of
from protocols.saml.statement import Teller, state
from storage.records import Grant


async def respond(
    request: web.Request, entity: Entity, party: Party, visit: Visit, accept: Accept
) -> web.Response:
    """Tell the service who the user is, or why not. Raises `Refused` for a request that was answered before."""
    kept = accept.resume.request
    await _spend(visit, party, kept.get("id"))
    ring = await entity.certification.load(visit.tx)
    envelope = Envelope(entity.id, kept["acs"], kept.get("id"), visit.now)
    try:
        named = await _name(entity, party, visit, accept)
        grant = _grant(party, visit, accept)
        said = state(
            Teller(entity.id, entity.contexts), party, accept.authentication, named, grant.id, kept, visit.now
        )
        certificate = encryption_certificate(party)
    except SAMLError as error:
        return await fail(request, visit, entity, party, kept, error)
    await visit.tx.grants.add(grant)
    if named.is_first:
        await visit.tx.name_revisions.add(grant.user_id, party.service, visit.now)
    await remember(visit.tx, entity, grant, named, grant.code_expires_at)
    given = {"request": kept.get("id") or "", "format": named.format, "session_index": grant.id}
    await visit.record("assertion.given", user_id=grant.user_id, service=party.service, **given)
    await visit.tx.commit()  # no writer has to wait for signatures
    answer = success(envelope, party, ring, said, certificate)
    return await hand_over(request, visit, entity, party, kept, answer)


async def fail(
    request: web.Request, visit: Visit, entity: Entity, party: Party, kept: Any, error: SAMLError
) -> web.Response:
    """Tell the service a status; the audit log has it too."""
    ring: CertifiedRing = await entity.certification.load(visit.tx)
    envelope = Envelope(entity.id, kept["acs"], kept.get("id"), visit.now)
    said = {"error": (error.detail or error.status).rpartition(":")[2], "reason": error.words}
    await visit.record("authn_request.failed", user_id=None, service=party.service, **said)
    await visit.tx.commit()
    return await hand_over(request, visit, entity, party, kept, failure(envelope, party, ring, error))


async def _spend(visit: Visit, party: Party, request_id: str | None) -> None:
    """A request is answered once: of many copies, one gets an assertion."""
    if request_id is None:
        return
    digest = hashlib.sha256(f"saml request\n{party.service}\n{request_id}".encode()).digest()
    settings = party.settings
    # Until then a copy could still arrive in time, or wait at a login page for its answer.
    until = (
        visit.now + settings.request_seconds + 2 * settings.skew_seconds + visit.tenant.settings.login_seconds
    )
    if not await visit.tx.spent_identifiers.add(digest, until):
        raise Refused("replayed_request", "this request was answered already: begin again at the service")


async def _name(entity: Entity, party: Party, visit: Visit, accept: Accept) -> NameID:
    """Raises `SAMLError`, also where the service wants to hear of somebody else."""
    kept = accept.resume.request
    chosen = choose_format(party.settings, kept.get("format"))
    user, may_create = accept.authentication.user, kept.get("create", True)
    named = await name(visit.tx, user, party.settings, entity.naming(party), chosen, may_create=may_create)
    if not is_of(kept, named):
        raise SAMLError(RESPONDER, UNKNOWN_PRINCIPAL, "somebody else is signed in than the request names")
    return named


def _grant(party: Party, visit: Visit, accept: Accept) -> Grant:
    """That the session went to this service: whoever signs out is signed out there too."""
    authentication = accept.authentication
    return Grant(
        id=new_id(),
        service=party.service,
        client_id=party.metadata.entity_id,
        user_id=authentication.user.id,
        sid=authentication.sid,
        scope=(),
        request={},  # by what name it knows him stands with the participants, sealed
        auth_time=authentication.auth_time,
        acr=authentication.acr,
        amr=authentication.amr,
        created_at=visit.now,
        code_expires_at=authentication.expires_at,  # it goes with the session
    )
