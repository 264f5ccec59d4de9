"""Signing out here: the browser's session ends, whatever service it came from."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp import session
from idp.web import cookies
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.respond import page
from idp.web.visiting import visit

PATH: Final = "/logout"
PURPOSE: Final = "logout"


async def confirm(request: web.Request) -> web.Response:
    """GET: ask first, since any page of the world can send a browser here."""
    tenant = request[TENANT]
    browser = cookies.browser_secret(request, tenant)
    response = page(
        request,
        "logout/confirm",
        here=f"{tenant.prefix}{PATH}",
        action=f"{tenant.prefix}{PATH}",
        csrf=csrf(browser, PURPOSE),
        portal_url=tenant.url("/"),
    )
    cookies.give(response, tenant, cookies.BROWSER, browser)
    return response


async def submit(request: web.Request) -> web.Response:
    """POST: end the session and forget the cookie."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    form = await read_form(request)
    browser = cookies.browser_secret(request, tenant)
    if not is_csrf(browser, PURPOSE, form.get("csrf", "")):
        return await confirm(request)
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        ended = await session.end(here)
        if ended is not None:
            await here.record("session.ended", user_id=ended.user_id, service="", sid=ended.sid)
    response = page(request, "logout/done", here=f"{tenant.prefix}{PATH}", portal_url=tenant.url("/"))
    cookies.take(response, tenant, cookies.SESSION)
    return response
