"""The door itself: how a login that this door began leads back to the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.logout.farewell import Farewell, Untold, Visited
from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from protocols.saml.entity import ASK, DOOR, Entity, Party
from protocols.saml.errors import Refused
from protocols.saml.refusal import refuse_within
from protocols.saml.response import respond
from protocols.saml.sending import front_endpoint
from protocols.saml.sso import LAUNCH
from protocols.saml.telling import back_address, tell
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
            known = party.metadata.assertion_consumer_services if party else ()
            if party is None or kept["acs"] not in [each.location for each in known]:
                raise Refused("unknown_service", "the service was changed or taken away during the login")
            return await respond(request, here, party, visit, accept)
        except Refused as fault:
            return await refuse_within(request, visit, fault, kept["service"])

    def destinations(self, _request: Mapping[str, Any]) -> tuple[str, ...]:
        """None: the answer is a page of ours, whose form goes to the service."""
        return ()

    async def farewell(self, tx: Transaction, tenant: Tenant, visited: Visited) -> Farewell:
        """By SOAP, or else through the browser; not at all where the service is gone, or knows no such session."""
        party = self._visited(tenant, visited)
        if party is None or not await tx.participants.list(visited.sid, visited.client_id):
            return Farewell()
        return Farewell(bool(back_address(party)), path=ASK if front_endpoint(party) else "")

    async def tell(self, tenant: Tenant, delivery: Delivery, now: int) -> None:
        """By SOAP. Raises `Untold`."""
        party = self._visited(tenant, delivery)
        if party is None or not back_address(party):
            raise Untold("the service is no longer there")
        await tell(self._entities[tenant.name], party, delivery, now)

    def _visited(self, tenant: Tenant, visited: Visited) -> Party | None:
        """The service that the session went to, if it is still the same one."""
        party = self._entities[tenant.name].party(visited.service)
        return party if party and party.metadata.entity_id == visited.client_id else None

    def names(self, _request: Mapping[str, Any]) -> Mapping[str, str] | None:
        """Every service stands in a file."""
        return None

    def launch(self, tenant: Tenant, service: str) -> str | None:
        """Where a login begins that the service did not ask for; None where it takes none."""
        party = self._entities[tenant.name].party(service)
        if party is None or not party.settings.idp_initiated:
            return None
        return tenant.url(LAUNCH.format(service=service))
