"""What the boundary found out about a request, under typed keys, before any handler runs."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from aiohttp import web

from idp.provider import IdentityProvider
from idp.tenant import Tenant

if TYPE_CHECKING:
    from idp.web.pages import Pages

PROVIDER = web.AppKey("provider", IdentityProvider)
PAGES: web.AppKey[Pages] = web.AppKey("pages")

TENANT = web.RequestKey("tenant", Tenant)
NOW = web.RequestKey("now", int)  # epoch seconds, read once a request
LOCALE = web.RequestKey("locale", str)
ADDRESS: web.RequestKey[IPv4Address | IPv6Address] = web.RequestKey("address")
REQUEST_ID = web.RequestKey("request_id", str)
