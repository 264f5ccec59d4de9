"""`/login/onward`: the login goes on that waited while its user got a certificate."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.flow import detour
from idp.flow.wish import Wish
from idp.outcome import Accept, Reject
from idp.web import concluding, login
from idp.web.exchange import PROVIDER, TENANT
from idp.web.visiting import visit

PATH: Final = "/login/onward"


async def go_on(request: web.Request) -> web.Response:
    """GET: to the service, on the session that the user has by now."""
    provider, tenant = request.app[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        waiting = await detour.end(here, request.query.get(detour.GOES_ON, ""))
        if isinstance(waiting, Reject):
            return login.reject_response(request, waiting)
        outcome = await provider.login.begin(here, *waiting, Wish(counted=True))
        if not isinstance(outcome, Accept):
            return login.respond(request, outcome)
        return await concluding.resume(request, here, outcome)
