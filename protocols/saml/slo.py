"""`/saml/slo`: a browser brings a service's wish to sign its user out, or the answer to ours (profiles §4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from idp.web import cookies, logout
from idp.web import round as rounds
from idp.web.exchange import NOW
from idp.web.form import read_form
from idp.web.round import Onward
from idp.web.visiting import visit
from protocols.saml import entity, posted
from protocols.saml.binding import Received, from_form, from_query
from protocols.saml.entity import ASK, SLO, Entity
from protocols.saml.envelope import authenticate
from protocols.saml.errors import Refused
from protocols.saml.logout_message import REQUEST, RESPONSE, LogoutRequest, read_request
from protocols.saml.name_id import NameID
from protocols.saml.names import REQUESTER, SUCCESS, UNKNOWN_PRINCIPAL
from protocols.saml.refusal import refuse
from protocols.saml.signing_out import Ended, answer, ask, end, settle
from protocols.saml.telling import is_out

CONTINUE: Final = f"{SLO}/continue"
ANSWER: Final = f"{SLO}/answer"
KIND: Final = "saml_logout"


async def slo(request: web.Request) -> web.Response:
    """GET and POST alike, requests and answers."""
    here = entity.of(request)
    try:
        said = await _judge(here, await _receive(request), request[NOW])
        if request.method == "POST" and cookies.read(request, here.tenant, cookies.BROWSER) is None:
            async with here.provider.storage.transaction(here.tenant.name) as tx:
                return await posted.come_back(visit(request, tx), KIND, CONTINUE, said)
        return await _act(request, here, said)
    except Refused as fault:
        return await refuse(request, here, fault, "")


async def proceed(request: web.Request) -> web.Response:
    """GET: what was posted from another site, once the browser is back with its cookies."""
    here = entity.of(request)
    try:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            stored = await posted.fetch(request, tx, KIND, request[NOW])
        return await _act(request, here, stored.request)
    except Refused as fault:
        return await refuse(request, here, fault, "")


async def ask_next(request: web.Request) -> web.Response:
    """GET: the browser goes on to the next service that only it can tell."""
    here = entity.of(request)
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        going = await rounds.take(visiting, rounds.token_of(request))
        if going is not None and going.path == ASK:
            return await ask(request, visiting, here, going)
        if going is not None:
            await rounds.keep(visiting, going)
        token = rounds.token_of(request)
        return rounds.send(request, visiting, rounds.Round(token, (), None).address(here.tenant))


async def reply(request: web.Request) -> web.Response:
    """GET: every other service was told; the one that asked hears how it went, once."""
    here = entity.of(request)
    try:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            visiting = visit(request, tx)
            going = await rounds.take(visiting, rounds.token_of(request))
            if going is None or going.onward is None or going.onward.path != ANSWER:
                raise Refused("expired_request", "this sign-out is over: the service was answered")
            party = here.party(going.onward.service)
            if party is None:
                raise Refused("unknown_service", "the service was changed or taken away meanwhile")
            ring = await here.certification.load(tx)
        return answer(request, here, party, ring, going.onward.request, Ended(going.told).status)
    except Refused as fault:
        return await refuse(request, here, fault, "")


async def _receive(request: web.Request) -> tuple[str, Received]:
    """What kind of message it is, and the message."""
    if request.method == "POST":
        form = await read_form(request)
        name = "SAMLResponse" if "SAMLResponse" in form else "SAMLRequest"
        return name, from_form(form, name)
    query = request.raw_path.partition("?")[2]
    name = "SAMLResponse" if "SAMLResponse" in request.query else "SAMLRequest"
    return name, from_query(query, name)


async def _judge(here: Entity, arrived: tuple[str, Received], now: int) -> dict[str, Any]:
    """What is believed of the message, as JSON; answers must be signed as requests are (§4.4.4.2)."""
    kind, received = arrived
    if kind == "SAMLResponse":
        return _answered(here, received, now)
    party, head, root = authenticate(here, received, REQUEST, here.slo, now)
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        ring = await here.certification.load(tx)
    asked = read_request(root, ring.encryption + ring.retired, now, party.settings.skew_seconds)
    return {
        "service": party.service,
        "id": head.id,
        "binding": received.binding,
        "relay_state": received.relay_state,
        "name": asdict(asked.name_id),
        "indexes": list(asked.session_indexes),
    }


def _answered(here: Entity, received: Received, now: int) -> dict[str, Any]:
    """Where nothing of an answer can be believed, the browser goes on all the same: `out` is None."""
    answers = received.unverified_root.get("InResponseTo", "")
    try:
        party, _, root = authenticate(here, received, RESPONSE, here.slo, now)
        return {"service": party.service, "answers": root.get("InResponseTo", ""), "out": is_out(root)}
    except Refused as fault:
        return {"service": fault.service, "answers": answers, "out": None, "reason": str(fault)}


async def _act(request: web.Request, here: Entity, said: Mapping[str, Any]) -> web.Response:
    if "answers" not in said:
        return await _sign_out(request, here, said)
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        going = await settle(visiting, said)
        if going is None:
            raise Refused(
                "unexpected_answer", "nobody waits for this answer in this browser", said["service"]
            )
        return rounds.send(request, visiting, going.address(here.tenant))


async def _sign_out(request: web.Request, here: Entity, said: Mapping[str, Any]) -> web.Response:
    """End what the service speaks of; tell all others; answer it at once if that is all."""
    party = here.party(said["service"])
    if party is None:
        raise Refused("unknown_service", "the service was changed or taken away meanwhile")
    asked = LogoutRequest(NameID(**said["name"]), tuple(said["indexes"]))
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        ring = await here.certification.load(tx)
        ended = await end(visiting, here, party, said["id"], asked, browser=True)
    if ended is None:
        return answer(request, here, party, ring, said, (REQUESTER, UNKNOWN_PRINCIPAL))
    ended = await ended.conclude(here)
    if ended.status == (SUCCESS, "") or not ended.told:
        response = answer(request, here, party, ring, said, ended.status)
        if ended.is_of(visiting):
            logout.forget_session(request, response)
        return response
    asker = {name: said[name] for name in ("id", "binding", "relay_state")}
    onward = Onward("", party.service, path=ANSWER, request=asker)
    return await logout.done(request, ended.told, onward, forget=ended.is_of(visiting))
