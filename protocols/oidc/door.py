"""The door itself: how a login that this door began leads back to the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.outcome import Accept
from idp.visit import Visit
from protocols.oidc import consent
from protocols.oidc.checks import prompts_of
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.granting import give, open_ledger
from protocols.oidc.issuer import DOOR, Issuer
from protocols.oidc.response import answer

__all__ = ["DOOR", "OIDCDoor"]


class OIDCDoor:
    """Lent to the login pages under the name `oidc`."""

    def __init__(self, issuers: Mapping[str, Issuer]) -> None:
        self._issuers = issuers

    async def resume(self, request: web.Request, visit: Visit, accept: Accept) -> web.Response:
        """Ask for consent where it is missing; else grant what the stored request asks for."""
        here, asked = self._issuers[visit.tenant.name], accept.resume.request
        client = here.clients.get(asked["client_id"])
        if client is None:  # the service was taken away while the user was typing
            raise web.HTTPNotFound
        try:
            ledger = await open_ledger(here, client, visit, accept)
            if await consent.is_missing(visit, ledger):
                if "none" in prompts_of(asked):
                    raise AuthorizationError("consent_required", "the user has to consent")
                return await consent.ask(request, visit, ledger)
            return await give(request, here, visit, ledger)
        except AuthorizationError as fault:
            return answer(
                request, client.service, asked, error=fault.error, error_description=fault.description
            )

    def destinations(self, request: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the browser goes after the login."""
        return (request["redirect_uri"],)
