"""`/webtoken`: a table on a page, answered in a VPN client. Who has no matrix is shown one all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.authenticators import Authenticator
from idp.flow.prompting import prompt_for
from idp.tenant import Tenant
from idp.username import canonical
from idp.visit import Visit
from idp.web.address import is_trusted
from idp.web.entry import enter
from idp.web.exchange import ADDRESS, NOW, PROVIDER, TENANT, TRUSTED
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.visiting import visit
from protocols.radius.webtoken_settings import ClientCertificate, WebTokenSettings
from storage.network import WebToken

PATH: Final = "/webtoken"
SETTINGS: web.AppKey[Mapping[str, WebTokenSettings]] = web.AppKey("webtoken_settings")  # by tenant


async def show(request: web.Request) -> web.StreamResponse:
    """GET: whose table? Where a session is wanted, the table at once."""
    settings, shown = admit(request)
    if settings.session:
        return await _own(request, shown)
    return form_page(request, "webtoken/ask", PATH)


async def submit(request: web.Request) -> web.StreamResponse:
    """POST: a name, and then its new table; the one before is void."""
    settings, shown = admit(request)
    form = await read_form(request)
    if not is_own(request, form, PATH):
        return web.Response(status=303, headers={"Location": request[TENANT].url(PATH)})
    if settings.session:
        return await _own(request, shown)
    username = canonical(form.get("username", ""))
    if not username:
        return form_page(request, "webtoken/ask", PATH, retry=True)
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        token = await draw(visit(request, tx), shown, username)
    return _table(request, token, own=False)


def admit(request: web.Request) -> tuple[WebTokenSettings, Authenticator]:
    """The settings, and what shows the table. Raises HTTPNotFound, HTTPForbidden for who may not fetch one."""
    tenant = request[TENANT]
    settings = request.config_dict[SETTINGS][tenant.name]
    shown = shower(tenant)
    if not settings.enabled or shown is None:
        raise web.HTTPNotFound
    if settings.networks and not any(request[ADDRESS] in network for network in settings.networks):
        raise web.HTTPForbidden(reason="not from this network")
    if settings.client_certificate and not _is_certified(request, settings.client_certificate):
        raise web.HTTPForbidden(reason="not without a client certificate")
    return settings, shown


def shower(tenant: Tenant) -> Authenticator | None:
    """The authenticator whose answer depends on a table, if the tenant uses it."""
    return next((each for each in tenant.authenticators.values() if each.shows), None)


async def draw(here: Visit, shown: Authenticator, username: str) -> WebToken:
    """A fresh table for a name, whether anybody has it or not: it is drawn and kept in the same way."""
    prompt = await prompt_for(here, shown, None, username)
    token = WebToken(username, shown.name, prompt, here.now, prompt["expires_at"])
    await here.tx.web_tokens.replace(token)
    return token


async def _own(request: web.Request, shown: Authenticator) -> web.StreamResponse:
    """The table of whoever is signed in, or the login."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        token = await draw(here, shown, canonical(outcome.authentication.user.login_name))
    return _table(request, token, own=True)


def _table(request: web.Request, token: WebToken, *, own: bool) -> web.StreamResponse:
    seconds = token.expires_at - request[NOW]
    about: dict[str, Any] = {
        "username": token.username,
        "prompt": token.prompt,
        "seconds": seconds,
        "own": own,
    }
    return form_page(request, "webtoken/table", PATH, **about)


def _is_certified(request: web.Request, wanted: ClientCertificate) -> bool:
    """Anybody can send the header: only a proxy of ours is believed, and nobody where it stands twice: one of them may
    be what the browser sent, and the proxy did not take away.
    """
    return is_trusted(request.remote, request.config_dict[TRUSTED]) and (
        request.headers.getall(wanted.header, ()) == [wanted.value]
    )
