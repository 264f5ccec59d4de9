"""`/oidc/par`: a client pushes an authorization request and gets a name for it (RFC 9126)."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import hdrs, web

from idp.web.exchange import NOW
from protocols.oidc import cors, issuer, request_object
from protocols.oidc.arrival import Asked, came_as_required, store
from protocols.oidc.authorization import accept
from protocols.oidc.checks import registered_redirect_uri
from protocols.oidc.client_authentication import authenticate
from protocols.oidc.errors import AuthorizationError, OIDCError, TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import from_form

PATH = "/oidc/par"
PROOFS = (
    "client_secret",
    "client_assertion",
    "client_assertion_type",
)  # of who pushes, no part of the request


async def push(request: web.Request) -> web.Response:
    """POST only. What is wrong with the request is told now, to the client and in JSON (§2.3)."""
    here = issuer.of(request)
    try:
        status, answer = 201, await _push(request, here)
    except OIDCError as fault:
        status = fault.status if isinstance(fault, TokenError) else 400
        answer = {"error": fault.error, "error_description": fault.description}
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    if status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = f'Basic realm="{here.tenant.issuer}", charset="UTF-8"'
    body = orjson.dumps(answer)
    response = web.Response(status=status, body=body, content_type="application/json", headers=headers)
    return cors.allow(request, response)


async def _push(request: web.Request, here: Issuer) -> dict[str, Any]:
    form = await from_form(request)
    client = await authenticate(request, here, form)
    if "request_uri" in form:
        raise AuthorizationError("invalid_request", "request_uri cannot be pushed")  # §2.1
    parameters = {name: value for name, value in form.items() if name not in PROOFS}
    asked = Asked(client, {**parameters, "client_id": client.id}, is_pushed=True)
    asked = await request_object.unfold(here, asked, request[NOW])
    registered_redirect_uri(asked.parameters, client)
    came_as_required(asked)
    accept(asked.parameters, client)
    uri, seconds = await store(here, asked, request[NOW])
    return {"request_uri": uri, "expires_in": seconds}
