"""`/oidc/par`: a client pushes an authorization request and gets a name for it (RFC 9126)."""

from __future__ import annotations

import dataclasses

from aiohttp import web

from idp.web.exchange import NOW
from protocols.oidc import cors, dpop, endpoint, issuer, request_object
from protocols.oidc.answer import respond
from protocols.oidc.arrival import Asked, came_as_required, store
from protocols.oidc.authorization import accept
from protocols.oidc.checks import registered_redirect_uri
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form

PATH = "/oidc/par"
# Of who pushes, no part of the request.
PROOFS = ("client_secret", "client_assertion", "client_assertion_type")


async def push(request: web.Request) -> web.Response:
    """POST only. What is wrong with the request is told now, to the client and in JSON (§2.3)."""
    response = await endpoint.serve(request, "authorization.refused", _push)
    return cors.allow(request, dpop.offer(request, issuer.of(request), response))


async def _push(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    if "request_uri" in form:
        raise AuthorizationError("invalid_request", "request_uri cannot be pushed")  # §2.1
    parameters = {name: value for name, value in form.items() if name not in PROOFS}
    asked = Asked(client, {**parameters, "client_id": client.id}, is_pushed=True)
    asked = await request_object.unfold(here, asked, request[NOW])
    registered_redirect_uri(asked.parameters, client)
    came_as_required(asked)
    accept(asked.parameters, client)
    uri, seconds = await store(here, await _bound(request, here, asked), request[NOW])
    return respond(here, {"request_uri": uri, "expires_in": seconds}, status=201)


async def _bound(request: web.Request, here: Issuer, asked: Asked) -> Asked:
    """The request whose code is good for the key alone that the client proves to have (RFC 9449 §10.1).

    Raises `TokenError`, also where it names another key besides.
    """
    jkt = await dpop.thumbprint(request, here)
    if not jkt:
        return asked
    if asked.parameters.get(dpop.JKT, jkt) != jkt:
        raise TokenError(*dpop.FAULT)
    return dataclasses.replace(asked, parameters={**asked.parameters, dpop.JKT: jkt})
