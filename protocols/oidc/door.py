"""The door itself: how a login that this door began leads back to the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.logout.farewell import Farewell, Untold, Visited
from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from protocols.oidc import backchannel, consent, device_decision, frontchannel
from protocols.oidc.checks import prompts_of
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.granting import give, open_ledger
from protocols.oidc.issuer import DOOR, Issuer
from protocols.oidc.refusal import refuse_within
from storage import Transaction
from storage.deliveries import Delivery

__all__ = ["DOOR", "OIDCDoor"]


class OIDCDoor:
    """Lent to the login pages under the name `oidc`."""

    def __init__(self, issuers: Mapping[str, Issuer]) -> None:
        self._issuers = issuers

    async def resume(self, request: web.Request, visit: Visit, accept: Accept) -> web.Response:
        """Ask for consent where it is missing; else grant what the stored request asks for."""
        here, asked = self._issuers[visit.tenant.name], accept.resume.request
        client = await here.client(visit.tx, asked["client_id"])
        if client is None:  # the service was taken away while the user was typing
            raise web.HTTPNotFound
        if "device" in asked:
            return await device_decision.ask(request, here, visit, client, accept)
        try:
            ledger = await open_ledger(here, client, visit, accept)
            if await consent.is_missing(visit, ledger):
                if "none" in prompts_of(asked):
                    raise AuthorizationError("consent_required", "the user has to consent")
                return await consent.ask(request, visit, ledger)
            return await give(request, here, visit, ledger)
        except AuthorizationError as fault:
            return await refuse_within(request, visit, client.service, asked, fault)

    def destinations(self, request: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the browser goes after the login."""
        return (request["redirect_uri"],)

    async def farewell(self, tx: Transaction, tenant: Tenant, visited: Visited) -> Farewell:
        """By the back channel, through the browser, or not at all: as the service registered."""
        here = self._issuers[tenant.name]
        client = await here.visited(tx, visited)
        if client is None:
            return Farewell()
        is_told = client.settings.backchannel_logout_uri is not None
        return Farewell(is_told, frontchannel.frame(here, client, visited.sid), client.names)

    async def tell(self, tenant: Tenant, delivery: Delivery, now: int) -> None:
        """By the back channel. Raises `Untold`."""
        here = self._issuers[tenant.name]
        async with here.provider.storage.snapshot(tenant.name) as tx:
            client = await here.visited(tx, delivery)
        if client is None:
            raise Untold("the service is no longer there")
        await backchannel.tell(here, client, delivery, now)

    def launch(self, _tenant: Tenant, _service: str) -> str | None:
        """Here every login begins at the service."""
        return None

    def names(self, request: Mapping[str, Any]) -> Mapping[str, str] | None:
        """A client that registered itself says what it is called, `authorization.accept` kept it."""
        return request.get("names")
