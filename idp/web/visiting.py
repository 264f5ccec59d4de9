"""From an HTTP request to a visit: the caller as the login machine knows him."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from idp.caller import Caller
from idp.tenant import Tenant
from idp.visit import Visit
from idp.web import cookies
from idp.web.certificate import client_certificate
from idp.web.exchange import ADDRESS, NOW, PROVIDER, REQUEST_ID, TENANT
from storage import Transaction


def caller(request: web.Request) -> Caller:
    """Address, cookies and user agent of the browser; a browser without our cookie gets a new one in the response."""
    tenant = request[TENANT]
    return Caller(
        address=request[ADDRESS],
        browser=cookies.browser_secret(request, tenant),
        session=cookies.read(request, tenant, cookies.SESSION),
        # bytes that are no UTF-8 have come as halves of surrogate pairs, which no database takes
        user_agent=request.headers.get("User-Agent", "").encode("utf-8", "replace").decode(),
        request_id=request[REQUEST_ID],
        device=cookies.read(request, tenant, cookies.DEVICE),
        keeps=True,
        certified=_is_certified(request, tenant),
        certificate=client_certificate(request),
    )


def _is_certified(request: web.Request, tenant: Tenant) -> bool:
    """Whether it shows a certificate of the tenant's own devices, which is looked at where some rule asks."""
    authorities = tenant.settings.device_authorities
    if authorities is None or not tenant.policy.needs.certificate:
        return False
    shown = client_certificate(request)
    if shown is None or not shown.is_for_clients:  # a server's, of the same authority, is no device's
        return False
    return shown.is_valid(request[NOW]) and shown.is_issued_by(authorities)


def visit(request: web.Request, tx: Transaction) -> Visit:
    """The request as a visit in a transaction that the handler opened for the request's tenant."""
    return Visit(tx, request[TENANT], caller(request), request[NOW])


@asynccontextmanager
async def visiting(request: web.Request) -> AsyncIterator[Visit]:
    """The request as a visit in a transaction of its own."""
    async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
        yield visit(request, tx)
