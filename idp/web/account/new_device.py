"""`/account/devices/new`: one more app for one-time codes, behind proofs that are fresh."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.totp import Totp
from idp.credentials import enrolment
from idp.credentials.enrolment import QUESTION, TAKEN, Form
from idp.flow.conclusion import ACCOUNT
from idp.flow.guess import Wrong
from idp.outcome import Reason, Reject
from idp.visit import Visit
from idp.web import login
from idp.web.account import devices
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import NOW, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.locked import locked_response
from idp.web.visiting import visiting
from keys.seal import Unsealable
from keys.secret import Secret
from storage import Duplicate
from storage.records import Credential, User

PATH: Final = devices.NEW


async def show(request: web.Request) -> web.Response:
    """GET: a fresh device each time, or the list where there are as many as there may be."""
    authenticator = _offered(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        user = outcome.authentication.user
        if await enrolment.apps(here, user, authenticator.name) >= authenticator.settings.devices:
            return _listed(request)
        return _page(request, authenticator, user)


async def submit(request: web.Request) -> web.Response:
    """POST: the first code of the device that was shown."""
    form = await read_form(request)
    authenticator = _offered(request)
    if not is_own(request, form, PATH):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    typed = Form(Secret(form.get("answer", "")), Secret(form.get("pin", "")), form.get("name", ""))
    user = None
    try:
        async with visiting(request) as here:
            who = await entered(request, here, PATH, max_age=PROOF_SECONDS)
            if isinstance(who, web.Response):
                return who
            user = who.user
            device = enrolment.unpack(form.get("device", ""), user.id, authenticator.name)
            if device is None:
                return _page(request, authenticator, user, stale=True)
            return await _keep(request, here, authenticator, user, device, typed)
    except Unsealable:  # none that we have shown for this user
        assert user is not None
        return _page(request, authenticator, user, stale=True)
    except Duplicate:  # the same form, sent twice
        return _listed(request)


async def _keep(
    request: web.Request, here: Visit, authenticator: Totp, user: User, device: Credential, typed: Form
) -> web.Response:
    """Raises what `enrolment.complete` does, but `Refused`."""
    most = authenticator.settings.devices
    try:
        kept = await enrolment.complete(here, authenticator, device, user, typed, service=ACCOUNT, most=most)
    except Refused as refused:
        if refused.rule == TAKEN:
            return _listed(request)
        return _page(request, authenticator, user, device, refused=refused.rule)
    if not isinstance(kept, Wrong):
        return _listed(request)
    locked, last_try = locked_response(request, user.login_name, kept), kept.spent.is_last_try
    return locked or _page(request, authenticator, user, device, retry=True, last_try=last_try)


def _offered(request: web.Request) -> Totp:
    """The tenant's, where people activate apps by themselves. Raises HTTPNotFound elsewhere."""
    authenticator = devices.authenticator_of(request)
    if not authenticator.settings.at_login:
        raise web.HTTPNotFound
    return authenticator


def _listed(request: web.Request) -> web.Response:
    return web.Response(status=303, headers={"Location": request[TENANT].url(devices.PATH)})


def _page(
    request: web.Request,
    authenticator: Totp,
    user: User,
    device: Credential | None = None,
    *,
    refused: str = "",
    **flags: Any,
) -> web.Response:
    """The page with the device, with a fresh one where none is given."""
    device = device or authenticator.propose(user, request[NOW])
    return form_page(
        request,
        "account/new_device",
        PATH,
        device=enrolment.pack(device)[QUESTION],
        username=user.login_name,
        prompt=enrolment.shown(request[TENANT], authenticator, device, user.login_name, refused),
        **flags,
    )
