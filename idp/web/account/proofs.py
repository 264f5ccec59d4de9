"""`/account`: with what the user can prove himself, where he manages each of it, and which language he speaks."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp import spoken
from idp.authenticators import account_path
from idp.credentials import proofs
from idp.mail.queue import locale_of
from idp.visit import Visit
from idp.web import cookies
from idp.web.entry import enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting
from storage.records import User

PATH: Final = "/account"


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    tenant = request[TENANT]
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        user = outcome.authentication.user
        entries = await _entries(request, here, user)
    return form_page(request, "account/proofs", PATH, proofs=entries, spoken=locale_of(user, tenant.settings))


async def speak(request: web.Request) -> web.Response:
    """POST: the language of the user's mails, and of pages in browsers in which he chose none."""
    tenant, form = request[TENANT], await read_form(request)
    locale = form.get("locale", "")
    response = web.Response(status=303, headers={"Location": tenant.url(PATH)})
    if not is_own(request, form, PATH) or locale not in tenant.settings.locales:
        return response
    async with visiting(request) as here:
        who = await entered(request, here, PATH)
        if isinstance(who, web.Response):
            return who
        await spoken.choose(here, who.user.id, locale)
    cookies.give_locale(response, tenant, locale)
    return response


async def _entries(request: web.Request, here: Visit, user: User) -> list[dict[str, Any]]:
    """What he holds, what rules ask of him, and what he can begin to use by himself; in the tenant's order."""
    held = await here.tx.credentials.list(user.id)
    needed, entries = proofs.needed(here, user), []
    for name, authenticator in here.tenant.authenticators.items():
        times = [each.last_used_at or 0 for each in held if each.authenticator == name]
        path, is_needed = account_path(authenticator), name in needed
        if times or is_needed or (path and not authenticator.fields):
            url = here.tenant.prefix + path if path else ""
            used = moment(request, max(times)) if any(times) else None
            entries.append({"name": name, "count": len(times), "used": used, "url": url, "needed": is_needed})
    return entries
