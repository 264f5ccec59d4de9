"""`/account/pin`: the user's devices for one-time codes, and the PIN that he types after them."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.totp import Totp
from idp.flow import guess
from idp.flow.guess import Guess
from idp.mail.queue import changed
from idp.outcome import Reason, Reject
from idp.visit import Visit
from idp.web import login
from idp.web.entry import enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.locked import locked_response
from idp.web.portal import DOOR
from idp.web.respond import moment
from idp.web.visiting import visiting
from keys.secret import Secret
from storage.records import User

PATH: Final = "/account/pin"


async def show(request: web.Request) -> web.Response:
    """GET: the page, or the login."""
    authenticator = _authenticator(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        return await _page(request, here, authenticator, outcome.authentication.user)


async def submit(request: web.Request) -> web.Response:
    """POST: a new PIN, together with a code and the PIN so far, which is a guess like any other."""
    tenant, form = request[TENANT], await read_form(request)
    authenticator = _authenticator(request)
    if not is_own(request, form, PATH):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    async with visiting(request) as here:
        authentication = await entered(request, here, PATH)
        if isinstance(authentication, web.Response):
            return authentication
        user = authentication.user
        try:
            pin = authenticator.accept_pin(Secret(form.get("pin", "")))
        except Refused as refused:
            return await _page(request, here, authenticator, user, refused=refused.rule)
        if form.get("pin") != form.get("again"):
            return await _page(request, here, authenticator, user, refused="differs")
        about = Guess(user.login_name, user.id, authenticator.name, DOOR, authenticator.at_once)
        answer = Secret(form.get("answer", ""))
        prove = partial(authenticator.verify, here.tx, user, {}, answer, here.now)
        wrong = await guess.spend(here, about, prove)
        if wrong is None:
            devices = await authenticator.change_pin(here.tx, user, pin, here.now)
            await changed(here.tx, tenant, "pin", user, here.now, address=here.caller.whence)
            await here.record("pin.changed", user_id=user.id, service=DOOR, devices=devices)
            return await _page(request, here, authenticator, user, done=True)
        locked, last_try = locked_response(request, user.login_name, wrong), wrong.spent.is_last_try
        return locked or await _page(request, here, authenticator, user, retry=True, last_try=last_try)


def _authenticator(request: web.Request) -> Totp:
    """The tenant's, where codes may have a PIN. Raises HTTPNotFound where they have none."""
    found = request[TENANT].authenticators.get(Totp.name)
    if not isinstance(found, Totp) or found.settings.pin.use == "never":
        raise web.HTTPNotFound
    return found


async def _page(
    request: web.Request, here: Visit, authenticator: Totp, user: User, **flags: Any
) -> web.Response:
    serials = {each.credential_id: each.serial for each in await here.tx.hardware_tokens.list_of(user.id)}
    devices = [
        {
            "name": each.name,
            "hardware": serials.get(each.id, ""),
            "last_used": None if each.last_used_at is None else moment(request, each.last_used_at),
        }
        for each in await here.tx.credentials.list(user.id, authenticator.name)
    ]
    settings = here.tenant.settings.protect
    about: dict[str, Any] = {
        "devices": devices,
        "pin": authenticator.settings.pin,
        "protect": settings.use != "never",
    }
    return form_page(request, "account/pin", PATH, **about, **flags)
