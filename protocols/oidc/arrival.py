"""How an authorization request reaches us: in the address, in a form, or stored before (RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from idp.web.exchange import NOW
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.oidc.checks import known_client
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, Untrusted
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import from_form, from_query
from storage.quick import quick
from storage.records import AuthorizationRequest

URN: Final = "urn:ietf:params:oauth:request_uri:"  # RFC 9126 §2.2
CARRIED: Final = ("pushed", "posted")
POSTED_SECONDS: Final = 60  # the browser comes back at once


@quick
@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks, by whatever way it came."""

    client: Client
    parameters: Mapping[str, str]
    is_pushed: bool = False  # by the client itself, authenticated
    is_stored: bool = False  # it cannot be read a second time
    is_signed: bool = False  # now, or before it was stored


async def arrive(request: web.Request, here: Issuer) -> Asked:
    """The request and its client. Raises `Malformed` or `Untrusted`, which can be told to nobody but the user."""
    parameters = await from_form(request) if request.method == "POST" else from_query(request)
    client = known_client(parameters, await here.known(parameters.get("client_id", "")))
    uri = parameters.get("request_uri", "")
    if not uri.startswith(URN):
        return Asked(client, parameters)
    presented = hash_token(Secret(uri.removeprefix(URN)))
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        stored = await tx.authorization_requests.consume(presented, request[NOW])
    if stored is None or stored.client_id != client.id or stored.kind not in CARRIED:
        raise Untrusted("invalid_request_uri", "request_uri is unknown, expired, used, or another client's")
    # What the client must sign was signed when it was stored: `came_as_required` is asked before that.
    return Asked(client, stored.request, is_pushed=stored.kind == "pushed", is_stored=True, is_signed=True)


def came_as_required(asked: Asked) -> None:
    """What the client's settings say of the way (RFC 9126 §6, RFC 9101 §10.5). Raises `AuthorizationError`."""
    settings = asked.client.settings
    if settings.require_pushed_authorization_requests and not asked.is_pushed:
        raise AuthorizationError("invalid_request", "this client must push its requests (RFC 9126)")
    if settings.require_signed_request_object and not asked.is_signed:
        raise AuthorizationError("invalid_request", "this client must sign its requests (RFC 9101)")


async def store(here: Issuer, asked: Asked, now: int) -> tuple[str, int]:
    """Keep the request until it is fetched once; returns its `request_uri` and for how many seconds it lives."""
    reference = new_token()
    seconds = here.settings.request_uri_seconds if asked.is_pushed else POSTED_SECONDS
    kept = AuthorizationRequest(
        id_hash=hash_token(reference),
        kind="pushed" if asked.is_pushed else "posted",
        client_id=asked.client.id,
        request=asked.parameters,
        created_at=now,
        expires_at=now + seconds,
    )
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        await tx.authorization_requests.add(kept)
    return URN + reference.reveal(), seconds
