"""Who calls an endpoint that only clients call: by the one method that the client registered."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from protocols.oidc import clients
from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer


async def authenticate(request: web.Request, here: Issuer, form: Mapping[str, str]) -> Client:
    """The client. Raises `TokenError`: invalid_client, the same for every fault (RFC 6749 §5.2)."""
    return clients.authenticate(here.clients, form, request.headers.getall(hdrs.AUTHORIZATION, ()))
