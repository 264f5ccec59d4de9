"""What this door adds to the web: tables for network logins, and the start from the portal."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.provider import IdentityProvider
from protocols.radius import start, webtoken, webtoken_fragment
from protocols.radius.door import RADIUSDoor
from protocols.radius.settings import TenantSettings
from protocols.radius.state import DOOR

ROUTES: Final = (
    web.get(webtoken.PATH, webtoken.show, allow_head=False),
    web.post(webtoken.PATH, webtoken.submit),
    web.get(webtoken_fragment.ADDRESS, webtoken_fragment.show, allow_head=False),
    web.get(start.ADDRESS, start.show, allow_head=False),
)


def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Called once for each application of the process."""
    app.add_routes(ROUTES)
    app[webtoken.SETTINGS] = {
        tenant.name: TenantSettings.model_validate(tenant.settings.radius or {}).webtoken
        for tenant in provider.tenants.values()
    }
    provider.doors.setdefault(DOOR, RADIUSDoor(provider))
