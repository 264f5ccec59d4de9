"""The door itself: how a login that this door began leads back to the service."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from keys.token import hash_token, new_id
from protocols.oidc import provider
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.issuer import Issuer
from protocols.oidc.ledger import Ledger
from storage.records import Grant

DOOR: Final = "oidc"
HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}  # the address holds the code


class OIDCDoor:
    """Lent to the login pages under the name `oidc`."""

    def __init__(self, issuers: Mapping[str, Issuer]) -> None:
        self._issuers = issuers

    async def resume(self, visit: Visit, accept: Accept) -> web.Response:
        """Grant what the stored request asks for, and send the browser back with the code."""
        here, request = self._issuers[visit.tenant.name], accept.resume.request
        client = await here.client(visit.tx, request["client_id"])
        if client is None:  # the service was taken away while the user was typing
            raise web.HTTPNotFound
        user = accept.authentication.user
        grant = _grant(client.service, accept, visit.now)
        ledger = Ledger(visit.tenant.issuer, client, user, grant, visit.now)
        try:
            code = provider.authorize(ledger)
        except AuthorizationError as fault:
            return redirect(visit.tenant, request, error=fault.error, error_description=fault.description)
        expires_at = visit.now + here.settings.code_seconds
        await visit.tx.grants.add(
            dataclasses.replace(grant, code_hash=hash_token(code), code_expires_at=expires_at)
        )
        await visit.record(
            "grant.given", user_id=user.id, service=client.service, client=client.id, grant=grant.id
        )
        return redirect(visit.tenant, request, code=code.reveal())

    def destinations(self, request: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the browser goes after the login."""
        return (request["redirect_uri"],)


def redirect(tenant: Tenant, request: Mapping[str, Any], **response: str) -> web.Response:
    """Answer the client: `response` with `state` and `iss` (RFC 9207) in the query of its redirect URI."""
    if "state" in request:
        response["state"] = request["state"]
    response["iss"] = tenant.issuer
    uri: str = request["redirect_uri"]
    separator = "&" if "?" in uri else "?"  # a registered query stays (RFC 6749 §3.1.2)
    return web.Response(status=303, headers={**HEADERS, "Location": f"{uri}{separator}{urlencode(response)}"})


def _grant(service: str, accept: Accept, now: int) -> Grant:
    request, authentication = accept.resume.request, accept.authentication
    return Grant(
        id=new_id(),
        service=service,
        client_id=request["client_id"],
        user_id=authentication.user.id,
        sid=authentication.sid,
        scope=tuple(request["scope"].split()),
        request=request,
        auth_time=authentication.auth_time,
        acr=authentication.acr,
        amr=authentication.amr,
        created_at=now,
    )
