"""Where a fault of an authorization request is told: to the client if its address is trusted, else here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.visit import Visit
from idp.web.login import service_name
from idp.web.respond import page
from idp.web.visiting import visit
from protocols.oidc.arrival import Asked
from protocols.oidc.errors import OIDCError, Untrusted
from protocols.oidc.issuer import Issuer
from protocols.oidc.redirect_uri import is_registered
from protocols.oidc.response import answer

# Answers to `prompt=none` rather than faults: web applications ask so every few minutes.
ORDINARY: Final = frozenset(("login_required", "interaction_required", "consent_required"))


async def refuse(request: web.Request, here: Issuer, asked: Asked, fault: OIDCError) -> web.Response:
    """RFC 6749 §4.1.2.1: never to an address that is not registered."""
    parameters, client = asked.parameters, asked.client
    trusted = is_registered(parameters.get("redirect_uri", ""), client.settings.redirect_uris)
    if isinstance(fault, Untrusted) or not trusted:
        return await refuse_here(request, here, fault, client.service)
    if fault.error not in ORDINARY:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            await _record(visit(request, tx), fault, client.service)
    return _tell(request, client.service, parameters, fault)


async def refuse_within(
    request: web.Request, visiting: Visit, service: str, asked: Mapping[str, Any], fault: OIDCError
) -> web.Response:
    """To a client whose address is trusted, inside of a transaction."""
    if fault.error not in ORDINARY:
        await _record(visiting, fault, service)
    return _tell(request, service, asked, fault)


def _tell(request: web.Request, service: str, asked: Mapping[str, Any], fault: OIDCError) -> web.Response:
    said = {"error": fault.error, "error_description": fault.description}
    return answer(request, service, asked, **said)


async def refuse_here(
    request: web.Request, here: Issuer, fault: OIDCError, service: str = ""
) -> web.Response:
    """On a page of our own, with a reference to what the audit log knows."""
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        reference = await _record(visit(request, tx), fault, service)
    return page(
        request,
        "error/bad_request",
        status=400,
        error=fault.error,
        what=fault.description,
        service=service_name(request, service) if service else None,
        reference=reference,
    )


async def _record(visiting: Visit, fault: OIDCError, service: str) -> str:
    said = {"error": fault.error, "reason": fault.description}
    return await visiting.record("authorization.refused", user_id=None, service=service, **said)
