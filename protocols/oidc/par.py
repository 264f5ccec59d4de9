"""`/oidc/par`: a client pushes an authorization request and gets a name for it (RFC 9126)."""

from __future__ import annotations

from aiohttp import web

from idp.web.exchange import NOW
from protocols.oidc import cors, endpoint, request_object
from protocols.oidc.answer import respond
from protocols.oidc.arrival import Asked, came_as_required, store
from protocols.oidc.authorization import accept
from protocols.oidc.checks import registered_redirect_uri
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form

PATH = "/oidc/par"
# Of who pushes, no part of the request.
PROOFS = ("client_secret", "client_assertion", "client_assertion_type")


async def push(request: web.Request) -> web.Response:
    """POST only. What is wrong with the request is told now, to the client and in JSON (§2.3)."""
    return cors.allow(request, await endpoint.serve(request, "authorization.refused", _push))


async def _push(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    if "request_uri" in form:
        raise AuthorizationError("invalid_request", "request_uri cannot be pushed")  # §2.1
    parameters = {name: value for name, value in form.items() if name not in PROOFS}
    asked = Asked(client, {**parameters, "client_id": client.id}, is_pushed=True)
    asked = await request_object.unfold(here, asked, request[NOW])
    registered_redirect_uri(asked.parameters, client)
    came_as_required(asked)
    accept(asked.parameters, client)
    uri, seconds = await store(here, asked, request[NOW])
    return respond(here, {"request_uri": uri, "expires_in": seconds}, status=201)
