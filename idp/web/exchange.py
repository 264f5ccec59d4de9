"""What the boundary found out about a request, and what the application lends to it, under typed keys."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from aiohttp import web

from idp.provider import IdentityProvider
from idp.tenant import Tenant

if TYPE_CHECKING:
    from idp.revisions.archive import Archive
    from idp.web.pages import Pages
    from idp.web.ready import Shelf

PROVIDER = web.AppKey("provider", IdentityProvider)
PAGES: web.AppKey[Pages] = web.AppKey("pages")
ARCHIVE: web.AppKey[Archive] = web.AppKey("archive")
SHELF: web.AppKey[Shelf] = web.AppKey("shelf")
TRUSTED: web.AppKey[Sequence[IPv4Network | IPv6Network]] = web.AppKey("trusted")  # proxies that are believed
CERTIFICATE_HEADER: web.AppKey[str | None] = web.AppKey(
    "certificate_header"
)  # None: no certificate is believed
PREFIX = web.AppKey("prefix", str)  # the path below which an application's tenants lie

TENANT = web.RequestKey("tenant", Tenant)
NOW = web.RequestKey("now", int)  # epoch seconds, read once a request
LOCALE = web.RequestKey("locale", str)
ADDRESS: web.RequestKey[IPv4Address | IPv6Address] = web.RequestKey("address")
REQUEST_ID = web.RequestKey("request_id", str)
