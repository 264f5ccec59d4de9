"""`/account/services`: what the user agreed to share with services, and how to take it back."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp.web import login
from idp.web.entry import enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting
from storage.authorization import Consent

PATH: Final = "/account/services"


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        consents = await here.tx.consents.list(outcome.authentication.user.id)
    entries = [_entry(request, consent) for consent in consents]
    return form_page(request, "account/services", PATH, consents=entries)


async def revoke(request: web.Request) -> web.Response:
    """POST: forget the consent to one service, and with it every token that the service holds for the user."""
    tenant = request[TENANT]
    form = await read_form(request)
    if is_own(request, form, PATH):
        async with visiting(request) as here:
            authentication = await entered(request, here, PATH)
            if isinstance(authentication, web.Response):
                return authentication
            user, consent = authentication.user, form.get("service", "")
            # What was typed may be anything.
            given = {each.service for each in await here.tx.consents.list(user.id)}
            if consent in given and await here.tx.consents.delete(user.id, consent):
                service, _, client_id = consent.partition(":")
                grants = await here.tx.grants.delete_of(user.id, service, client_id or None)
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
