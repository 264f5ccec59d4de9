"""The door itself: the start from the portal leads back to it, and network sessions end through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.logout.farewell import Farewell, Visited
from idp.outcome import Accept
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.visit import Visit
from protocols.radius import start
from protocols.radius.clients import NAS
from protocols.radius.disconnect import disconnect
from protocols.radius.settings import ServiceSettings
from protocols.radius.state import DOOR
from storage import Transaction
from storage.deliveries import Delivery


class RADIUSDoor:
    """Lent to the login pages under the name `radius`."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider

    async def resume(self, _request: web.Request, visit: Visit, accept: Accept, /) -> web.Response:
        """Back to the start, by a GET that can be reloaded."""
        address = visit.tenant.url(start.path(accept.resume.request["service"]))
        return web.Response(status=303, headers={"Location": address})

    def destinations(self, _request: Mapping[str, Any], /) -> tuple[str, ...]:
        """The start is a page of ours."""
        return ()

    async def farewell(self, _tx: Transaction, tenant: Tenant, visited: Visited, /) -> Farewell:
        """A NAS is told that a network session is to end, if it listens (RFC 5176).

        Such a session is no part of the browser's: who signs out there stays connected.
        """
        return Farewell(tells=_settings(tenant, visited.service).disconnect_port is not None)

    async def tell(self, tenant: Tenant, delivery: Delivery, _now: int, /) -> None:
        """End the network session that `delivery.sid` names. Raises `Untold`."""
        async with self._provider.storage.snapshot(tenant.name) as tx:
            session = await tx.network_sessions.find(delivery.sid)
        settings = _settings(tenant, delivery.service)
        if session is None or session.ended_at is not None or settings.disconnect_port is None:
            return  # it has ended by itself
        await disconnect(NAS(tenant, delivery.service, settings), session, settings.disconnect_port)

    def launch(self, tenant: Tenant, service: str, /) -> str | None:
        """The start that works once, where the NAS has one."""
        return tenant.url(start.path(service)) if _settings(tenant, service).start else None

    def names(self, _request: Mapping[str, Any], /) -> None:
        """The service's own display name will do."""


def _settings(tenant: Tenant, service: str) -> ServiceSettings:
    settings: ServiceSettings = tenant.services[service].doors[DOOR]
    return settings
