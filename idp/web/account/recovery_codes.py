"""`/account/recovery-codes`: ten codes on a page to print, and how many are left."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.authenticators.recovery import Recovery
from idp.mail.queue import changed
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting

PATH: Final = "/account/recovery-codes"
SERVICE: Final = "account"  # in the audit log


async def show(request: web.Request) -> web.Response:
    """GET: how many are left, or the login."""
    recovery = _recovery(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        left = await recovery.left(here.tx, outcome.authentication.user)
    return form_page(request, "account/recovery_codes", PATH, left=left)


async def issue(request: web.Request) -> web.Response:
    """POST: ten fresh ones, shown in this answer and never again."""
    tenant = request[TENANT]
    recovery, form = _recovery(request), await read_form(request)
    if not is_own(request, form, PATH):
        return web.Response(status=303, headers={"Location": tenant.url(PATH)})
    async with visiting(request) as here:
        authentication = await entered(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(authentication, web.Response):
            return authentication
        user = authentication.user
        codes = await recovery.issue(here.tx, user, here.now)
        await here.record("recovery.issued", user_id=user.id, service=SERVICE, username=user.login_name)
        await changed(here.tx, tenant, "recovery", user, here.now, address=here.caller.whence)
    return form_page(
        request,
        "account/recovery_codes",
        PATH,
        codes=codes,
        left=len(codes),
        username=user.login_name,
        made=moment(request, here.now),
    )


def _recovery(request: web.Request) -> Recovery:
    found = request[TENANT].authenticators.get(Recovery.name)
    if not isinstance(found, Recovery):
        raise web.HTTPNotFound
    return found
