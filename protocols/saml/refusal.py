"""What a person is told where no service can be: which service, what was wrong, and a reference for the help desk."""

from __future__ import annotations

from aiohttp import web

from idp.visit import Visit
from idp.web.login import service_name
from idp.web.respond import page
from idp.web.visiting import visit
from protocols.saml.entity import Entity
from protocols.saml.errors import Refused


async def refuse(request: web.Request, here: Entity, fault: Refused, service: str) -> web.Response:
    """After the transaction in which it was found out."""
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        return await refuse_within(request, visit(request, tx), fault, service)


async def refuse_within(request: web.Request, visiting: Visit, fault: Refused, service: str) -> web.Response:
    """On a page of our own, written down in the visit's transaction."""
    service = fault.service or service
    said = {"error": fault.fault, "reason": fault.words}
    reference = await visiting.record("authn_request.refused", user_id=None, service=service, **said)
    return page(
        request,
        "error/bad_request",
        status=400,
        error=fault.fault,
        what=fault.words,
        service=service_name(request, service) if service else None,
        reference=reference,
    )
