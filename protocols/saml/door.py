"""The door itself: how a login that this door began leads back to the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.farewell import Farewell, Untold, Visited
from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from protocols.saml.entity import DOOR, Entity
from protocols.saml.errors import Refused
from protocols.saml.refusal import refuse_within
from protocols.saml.response import respond
from protocols.saml.sso import LAUNCH
from storage import Transaction
from storage.deliveries import Delivery

__all__ = ["DOOR", "SAMLDoor"]


class SAMLDoor:
    """Lent to the login pages under the name `saml`."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities

    async def resume(self, request: web.Request, visit: Visit, accept: Accept) -> web.Response:
        """Answer the service, if it is still one of ours and still wants answers there."""
        here, kept = self._entities[visit.tenant.name], accept.resume.request
        party = here.party(kept["service"])
        try:
            if party is None or kept["acs"] not in [each.location for each in party.consumers]:
                raise Refused("unknown_service", "the service was changed or taken away during the login")
            return await respond(request, here, party, visit, accept)
        except Refused as fault:
            return await refuse_within(request, visit, fault, kept["service"])

    def destinations(self, _request: Mapping[str, Any]) -> tuple[str, ...]:
        """None: the answer is a page of ours, whose form goes to the service."""
        return ()

    async def farewell(self, _tx: Transaction, _tenant: Tenant, _visited: Visited) -> Farewell:
        """Services are not told."""
        return Farewell()

    async def tell(self, _tenant: Tenant, _delivery: Delivery, _now: int) -> None:
        """Raises `Untold`."""
        raise Untold("services at this door are not told")

    def names(self, _request: Mapping[str, Any]) -> Mapping[str, str] | None:
        """Every service stands in a file."""
        return None

    def launch(self, tenant: Tenant, service: str) -> str | None:
        """Where a login begins that the service did not ask for; None where it takes none."""
        party = self._entities[tenant.name].party(service)
        if party is None or not party.settings.idp_initiated:
            return None
        return tenant.url(LAUNCH.format(service=service))
