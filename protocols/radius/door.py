"""The door itself, as the login pages know it: only the start from the portal begins a login there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.farewell import Farewell, Untold
from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from protocols.radius import start
from storage.deliveries import Delivery


class RADIUSDoor:
    """Lent to the login pages under the name `radius`."""

    async def resume(self, _request: web.Request, visit: Visit, accept: Accept, /) -> web.Response:
        """Back to the start, by a GET that can be reloaded."""
        address = visit.tenant.url(start.path(accept.resume.request["service"]))
        return web.Response(status=303, headers={"Location": address})

    def destinations(self, _request: Mapping[str, Any], /) -> tuple[str, ...]:
        """The start is a page of ours."""
        return ()

    def farewell(self, _tenant: Tenant, _service: str, _sid: str, /) -> Farewell:
        """A network session is no part of the browser's: who signs out there stays connected."""
        return Farewell()

    async def tell(self, _tenant: Tenant, _delivery: Delivery, _now: int, /) -> None:
        """Raises `Untold`: there is nobody who could be told."""
        raise Untold("a NAS is not told of browser sessions")

    def names(self, _request: Mapping[str, Any], /) -> None:
        """The service's own display name will do."""
