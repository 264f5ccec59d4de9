"""The OpenID Connect door: a service asks by redirect who the user is, and redeems a code for the answer."""

from __future__ import annotations

from aiohttp import web

from idp.provider import IdentityProvider
from protocols.oidc.settings import ServiceSettings, TenantSettings

__all__ = ["ServiceSettings", "TenantSettings", "setup"]


async def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Add the endpoints to an application. Raises ValueError for settings that cannot be served."""
    from protocols.oidc.opening import open_door  # noqa: PLC0415  who only reads settings need not load pyop

    await open_door(app, provider)
