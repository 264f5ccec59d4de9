"""`/oidc/logout`: a service sends a browser to be signed out (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from idp import session
from idp.web import cookies, logout
from idp.web.csrf import is_csrf
from idp.web.exchange import LOCALE, TENANT
from idp.web.locale import choose_locale
from idp.web.logout import ask, sign_out
from idp.web.round import Onward
from idp.web.visiting import visit
from protocols.oidc import issuer
from protocols.oidc.errors import Malformed, Untrusted
from protocols.oidc.issuer import Issuer
from protocols.oidc.logout_request import LogoutRequest, read
from protocols.oidc.parameters import from_form, from_query

PATH: Final = "/oidc/logout"
CONFIRMED: Final = "/oidc/logout/confirmed"
LONGEST_QUERY: Final = 4096  # well below the longest request line that we, and proxies, read


async def begin(request: web.Request) -> web.Response:
    """GET and POST alike. Signs out at once whom the hint names; asks everybody else."""
    here = issuer.of(request)
    try:
        parameters = await from_form(request) if request.method == "POST" else from_query(request)
    except Malformed as fault:
        return await _refuse(request, here, fault.description)
    if request.method == "POST" and (again := _again_by_get(request, parameters)) is not None:
        return again
    _speak(request, parameters.get("ui_locales", ""))
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        held = await session.find(visit(request, tx))
        ring = await here.signing.load(tx)
    try:
        wanted = await read(here, ring, parameters)
    except Untrusted as fault:
        return await _refuse(request, here, fault.description)
    # Without a session he is signed out here already. A hint of another session speaks for nobody.
    if wanted.hint is not None and (held is None or wanted.names(held)):
        return await _go_on(request, wanted)
    return _ask(request, here, wanted)


async def confirmed(request: web.Request) -> web.Response:
    """POST from our own page: the user said yes."""
    here = issuer.of(request)
    try:
        form = await from_form(request)
        wanted = await read(here, None, form)
    except (Malformed, Untrusted) as fault:
        return await _refuse(request, here, fault.description)
    browser = cookies.browser_secret(request, here.tenant)
    if not is_csrf(browser, logout.PURPOSE, form.get("csrf", "")):
        return _ask(request, here, wanted)
    return await _go_on(request, wanted)


async def _go_on(request: web.Request, wanted: LogoutRequest) -> web.Response:
    """Sign out everywhere, then send the browser on, unless there is something that the user must know."""
    told = await sign_out(request, wanted.service, wanted.client.id if wanted.client else "")
    target = wanted.target()
    return await logout.done(request, told, Onward(target, wanted.service, wanted.called) if target else None)


def _ask(request: web.Request, here: Issuer, wanted: LogoutRequest) -> web.Response:
    return ask(
        request, here.tenant.prefix + CONFIRMED, wanted.fields(), service=wanted.service, names=wanted.called
    )


async def _refuse(request: web.Request, here: Issuer, fault: str) -> web.Response:
    """Never a redirect (§4); but whoever came to sign out may do so."""
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        await visit(request, tx).record("logout.refused", user_id=None, service="", reason=fault)
    response = ask(request, here.tenant.prefix + CONFIRMED, {}, fault=fault)
    response.set_status(400)
    return response


def _again_by_get(request: web.Request, parameters: dict[str, str]) -> web.Response | None:
    """From another site a browser posts without our cookies, but follows a redirect with them (SameSite=Lax)."""
    if cookies.read(request, here := request[TENANT], cookies.SESSION) is not None:
        return None
    query = urlencode(parameters)
    if len(query) > LONGEST_QUERY:
        return None
    headers = {"Location": f"{here.url(PATH)}?{query}", "Cache-Control": "no-store"}
    return web.Response(status=303, headers=headers)


def _speak(request: web.Request, wished: str) -> None:
    """`ui_locales` of a form; the boundary has read that of a query."""
    if wished:
        accepted = request.headers.get("Accept-Language", "")
        request[LOCALE] = choose_locale(accepted, "", wished, request[TENANT].settings.locales)
