"""`/device/confirm`: who signed in sees which device he is about to let in, and says yes or no (RFC 8628 §5.4)."""

from __future__ import annotations

import dataclasses
from typing import Final

from aiohttp import web

from idp.outcome import Accept, Reject, Resume
from idp.visit import Visit
from idp.web.login import reject_response, service_name
from idp.web.respond import page
from protocols.oidc import consent, issuer, pending
from protocols.oidc.clients import Client
from protocols.oidc.device_entry import carried_code
from protocols.oidc.granting import add, open_ledger
from protocols.oidc.issuer import DOOR, Issuer
from protocols.oidc.pending import Decision

PATH: Final = "/device/confirm"
KIND: Final = "device"


async def ask(
    request: web.Request, here: Issuer, visiting: Visit, client: Client, accept: Accept
) -> web.Response:
    """Keep the question for this browser and this session, and send the browser to it.

    It is always asked: somebody may have sent his own code to a user who is signed in (RFC 8628 §5.4).
    """
    ledger = await open_ledger(here, client, visiting, accept)
    shared = consent.shared(ledger) if await consent.is_missing(visiting, ledger) else ()
    kept = {"asked": accept.resume.request, "shared": shared}
    return await pending.keep(request, visiting, KIND, PATH, accept.authentication.sid, kept)


async def show(request: web.Request) -> web.Response:
    """GET: the question, with the code as the device shows it. It may be shown again until it is answered."""
    here, waiting = issuer.of(request), request.query.get("pending", "")
    question = await pending.question(request, here, KIND, waiting)
    if isinstance(question, Reject):
        return reject_response(request, question)
    return page(
        request,
        "device/confirm",
        **pending.fields(request, PATH, waiting),
        service=service_name(request, question.client.service),
        user_code=carried_code(here.tenant, question.request["asked"]["device"]),
        username=question.user.login_name,
        scopes=question.request["shared"],
    )


async def submit(request: web.Request) -> web.Response:
    """POST: the decision, taken once."""
    return await pending.decide(request, issuer.of(request), KIND, _conclude)


async def _conclude(request: web.Request, here: Issuer, visiting: Visit, decision: Decision) -> web.Response:
    client, accept = decision.client, decision.accept
    if decision.is_allowed:
        in_time = await _allow(here, visiting, client, accept, decision.shared)
    else:
        in_time = await _deny(visiting, accept)
    result = ("allowed" if decision.is_allowed else "denied") if in_time else "late"
    user_id, service = accept.authentication.user.id, client.service
    await visiting.record(f"device.{result}", user_id=user_id, service=service, client=client.id)
    name = service_name(request, service)
    return page(request, "device/done", result=result, service=name, portal_url=here.tenant.url("/"))


async def _allow(
    here: Issuer, visiting: Visit, client: Client, accept: Accept, shared: tuple[str, ...]
) -> bool:
    request = dict(accept.resume.request)
    device = request.pop("device")
    ledger = await open_ledger(
        here, client, visiting, dataclasses.replace(accept, resume=Resume(DOOR, request))
    )
    waiting, grant = visiting.tx.device_grants, ledger.grant
    if not await waiting.decide(bytes.fromhex(device["waiting"]), "allowed", grant.id, visiting.now):
        return False
    if shared:
        await consent.remember(visiting, client, grant.user_id, shared, names={})
    await add(visiting, ledger, visiting.now + here.settings.device_code_seconds)
    return True


async def _deny(visiting: Visit, accept: Accept) -> bool:
    waiting = bytes.fromhex(accept.resume.request["device"]["waiting"])
    return await visiting.tx.device_grants.decide(waiting, "denied", "", visiting.now)
