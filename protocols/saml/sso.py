"""`/saml/sso`: a service sends a browser to be signed in (saml-profiles-2.0 §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from idp.web import cookies
from idp.web.exchange import NOW
from idp.web.form import read_form
from idp.web.login import respond as show
from idp.web.login import send
from idp.web.visiting import visit
from protocols.saml import entity, posted
from protocols.saml.binding import Received, from_form, from_query
from protocols.saml.entity import DOOR, SSO, Entity, Party
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.names import (
    EMAIL,
    NO_PASSIVE,
    POST,
    REQUEST_DENIED,
    RESPONDER,
    UNSPECIFIED,
)
from protocols.saml.refusal import refuse
from protocols.saml.request import about, arrive, check, find_consumer, keep, subject_of
from protocols.saml.response import fail

CONTINUE: Final = f"{SSO}/continue"
LAUNCH: Final = "/saml/launch/{service}"
KIND: Final = "saml"


async def sso(request: web.Request) -> web.Response:
    """GET and POST alike."""
    here, service = entity.of(request), ""
    try:
        received = await _receive(request)
        party, asked, root = arrive(here, received, request[NOW])
        service = party.service
        kept = keep(party, asked, find_consumer(party, asked), received.relay_state)
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            visiting = visit(request, tx)
            try:
                check(party, asked)
                if asked.has_subject:
                    ring = await here.certification.load(tx)
                    subject = subject_of(root, asked, ring.encryption + ring.retired)
                    kept |= about(subject, asked)
            except SAMLError as error:
                return await fail(request, visiting, here, party, kept, error)
            is_posted = received.binding == POST
            if is_posted and cookies.read(request, here.tenant, cookies.SESSION) is None:
                return await posted.come_back(visiting, KIND, CONTINUE, kept)
            return await begin(request, here, party, visiting, kept, is_posted)
    except Refused as fault:
        return await refuse(request, here, fault, service)


async def proceed(request: web.Request) -> web.Response:
    """GET: a request that was posted from another site, once the browser is back with its cookies."""
    here, service = entity.of(request), ""
    try:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            stored = await posted.fetch(request, tx, KIND, request[NOW])
            service = stored.client_id
            return await begin(request, here, _party(here, service), visit(request, tx), stored.request, True)
    except Refused as fault:
        return await refuse(request, here, fault, service)


async def launch(request: web.Request) -> web.Response:
    """GET: from a tile of the portal, or a link: a login that the service did not ask for (§4.1.5)."""
    here, service = entity.of(request), request.match_info["service"]
    try:
        party = _party(here, service)
        consumer = party.default_consumer
        if not party.settings.idp_initiated or consumer is None:
            raise web.HTTPNotFound
        kept = {
            "service": service,
            "acs": consumer.location,
            "binding": consumer.binding,
            "relay_state": party.settings.relay_state,
        }
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            return await begin(request, here, party, visit(request, tx), kept, False)
    except Refused as fault:
        return await refuse(request, here, fault, service)


async def begin(
    request: web.Request,
    here: Entity,
    party: Party,
    visiting: Visit,
    kept: Mapping[str, Any],
    is_stored: bool,
) -> web.Response:
    """Ask the login; answer the service at once where nothing is to be asked. Raises `Refused`."""
    attempt = Attempt(DOOR, party.service, visiting.caller.address, visiting.now)
    wish = Wish(
        fresh=bool(kept.get("force")), passive=bool(kept.get("passive")), username=_username(party, kept)
    )
    outcome = await here.provider.login.begin(visiting, attempt, Resume(DOOR, kept), wish)
    if isinstance(outcome, Accept):
        response: web.Response = await here.provider.doors[DOOR].resume(request, visiting, outcome)
        return response
    if wish.passive:
        return await fail(request, visiting, here, party, kept, _unanswered(outcome))
    await visiting.tx.commit()  # no writer has to wait for a page
    return send(request, outcome) if is_stored and isinstance(outcome, Challenge) else show(request, outcome)


async def _receive(request: web.Request) -> Received:
    if request.method == "POST":
        return from_form(await read_form(request), "SAMLRequest")
    return from_query(request.raw_path.partition("?")[2], "SAMLRequest")


def _party(here: Entity, service: str) -> Party:
    party = here.party(service)
    if party is None:
        raise Refused("unknown_service", "this service is not registered here, or its metadata is not there")
    return party


def _username(party: Party, kept: Mapping[str, Any]) -> str | None:
    """Who it probably is, where the service says so by a name that people type."""
    value, kind = kept.get("subject") or ("", "")
    return value if kind in (EMAIL, UNSPECIFIED, "") and party.settings.name_id_attribute is None else None


def _unanswered(outcome: Challenge | Reject) -> SAMLError:
    """With IsPassive nothing may be asked, nor any page be shown (saml-core-2.0 §3.4.1)."""
    if isinstance(outcome, Reject):
        return SAMLError(RESPONDER, REQUEST_DENIED, "the user may not enter this service")
    return SAMLError(RESPONDER, NO_PASSIVE, "the user would have to be asked something")
