"""`/account/services`: what the user agreed to share with services, and how to take it back."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp import session
from idp.outcome import Accept, Resume
from idp.policy import Attempt
from idp.web import cookies, login
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.portal import DOOR
from idp.web.respond import moment, page
from idp.web.visiting import visit
from storage.authorization import Consent

PATH: Final = "/account/services"


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        attempt = Attempt(DOOR, DOOR, here.caller.address, here.now)
        outcome = await provider.login.begin(here, attempt, Resume(DOOR, {"path": PATH}))
        if not isinstance(outcome, Accept):
            return login.respond(request, outcome)
        consents = await tx.consents.list(outcome.authentication.user.id)
    browser = cookies.browser_secret(request, tenant)
    response = page(
        request,
        "account/services",
        here=f"{tenant.prefix}{PATH}",
        action=f"{tenant.prefix}{PATH}",
        consents=[_entry(request, consent) for consent in consents],
        csrf=csrf(browser, PATH),
        portal_url=tenant.url("/"),
    )
    cookies.give(response, tenant, cookies.BROWSER, browser)
    return response


async def revoke(request: web.Request) -> web.Response:
    """POST: forget the consent to one service, and with it every token that the service holds for the user."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    form = await read_form(request)
    if is_csrf(cookies.browser_secret(request, tenant), PATH, form.get("csrf", "")):
        async with provider.storage.transaction(tenant.name) as tx:
            here = visit(request, tx)
            held = await session.find(here)
            user = await here.user(held.user_id if held else None)
            consent = form.get("service", "")
            if user is not None and await tx.consents.delete(user.id, consent):
                service, _, client_id = consent.partition(":")
                grants = await tx.grants.delete_of(user.id, service, client_id or None)
                which = {"client": client_id} if client_id else {}
                await here.record("consent.revoked", user_id=user.id, service=service, grants=grants, **which)
    return web.Response(status=303, headers={"Location": tenant.url(PATH)})


def _entry(request: web.Request, consent: Consent) -> dict[str, Any]:
    known = consent.service in request[TENANT].services or bool(consent.names)
    return {
        "service": consent.service,
        "name": login.service_name(request, consent.service, consent.names or None)
        if known
        else consent.service,
        "scopes": consent.scope,
        "since": moment(request, consent.given_at),
    }
