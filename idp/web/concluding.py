"""After a login: to the service, or first to the page where the user gets a certificate."""

from __future__ import annotations

from aiohttp import web

from idp.authenticators.certificate import certificate
from idp.flow import detour
from idp.outcome import Accept
from idp.visit import Visit
from idp.web.exchange import PROVIDER


async def go_on(request: web.Request, here: Visit, accept: Accept) -> web.Response:
    """By the door that began the login, which goes on later where he is to get a certificate first."""
    waiting = await detour.begin(here, accept)
    if waiting is None:
        return await resume(request, here, accept)
    address = here.tenant.url(f"{certificate.PATH}?{detour.GOES_ON}={waiting}")
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


async def resume(request: web.Request, here: Visit, accept: Accept) -> web.Response:
    """By the door that began the login."""
    door = request.app[PROVIDER].doors[accept.resume.door]
    response: web.Response = await door.resume(request, here, accept)
    return response
