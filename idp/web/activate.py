"""`/activate`: a one-time address shows a new device and keeps it once its first code was typed."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.totp import Totp
from idp.credentials import activation, enrolment
from idp.credentials.activation import PATH
from idp.credentials.enrolment import QUESTION, TAKEN, Form
from idp.flow.guess import Wrong
from idp.outcome import Reason, Reject
from idp.web import login
from idp.web.exchange import NOW, PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.locked import locked_response
from idp.web.respond import page
from idp.web.visiting import visit
from keys.seal import Unsealable
from keys.secret import Secret
from storage import Duplicate
from storage.hardware import Activation
from storage.records import Credential, User

__all__ = ["PATH", "show", "submit"]

CODE: Final = "code"  # of the address, in its query

Found = tuple[Activation, Totp, User]


async def show(request: web.Request) -> web.Response:
    """GET: a fresh device each time. Nothing is used up: mail programs look at addresses too."""
    link = Secret(request.query.get(CODE, ""))
    async with request.config_dict[PROVIDER].storage.snapshot(request[TENANT].name) as tx:
        found = await activation.find(visit(request, tx), link)
    return _over(request) if found is None else _device(request, link, found, None)


async def submit(request: web.Request) -> web.Response:
    """POST: the first code of the device that was shown."""
    form = await read_form(request)
    link = Secret(form.get("link", ""))
    if not is_own(request, form, PATH):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    typed = Form(Secret(form.get("answer", "")), Secret(form.get("pin", "")), form.get("name", ""))
    try:
        async with request.config_dict[PROVIDER].storage.transaction(request[TENANT].name) as tx:
            here = visit(request, tx)
            found = await activation.find(here, link)
            if found is None:
                return _over(request)
            device = enrolment.unpack(form.get("device", ""), found[2].id, found[1].name)
            if device is None:
                return _device(request, link, found, None, stale=True)
            try:
                left = await activation.complete(here, found, device, typed)
            except Refused as refused:
                return _refused(request, link, found, device, refused)
            if isinstance(left, Wrong):
                return _wrong(request, link, found, device, left)
    except activation.Over:
        return _over(request)
    except Unsealable:  # none that we have shown for this user
        assert found is not None
        return _device(request, link, found, None, stale=True)
    except Duplicate:  # the same form, sent twice
        left = 0
    return page(request, "activate/done", left=left, portal_url=request[TENANT].url("/"))


def _refused(
    request: web.Request, link: Secret, found: Found, device: Credential, refused: Refused
) -> web.Response:
    if refused.rule == TAKEN:
        return _over(request, full=True)
    return _device(request, link, found, device, refused=refused.rule)


def _wrong(
    request: web.Request, link: Secret, found: Found, device: Credential, wrong: Wrong
) -> web.Response:
    locked, last_try = locked_response(request, found[2].login_name, wrong), wrong.spent.is_last_try
    return locked or _device(request, link, found, device, retry=True, last_try=last_try)


def _over(request: web.Request, *, full: bool = False) -> web.Response:
    portal = request[TENANT].url("/")
    return page(request, "activate/over", status=400, full=full, portal_url=portal)


def _device(
    request: web.Request,
    link: Secret,
    found: Found,
    device: Credential | None,
    *,
    refused: str = "",
    **flags: Any,
) -> web.Response:
    """The page with the device, with a fresh one where none is given."""
    tenant, (_, authenticator, user) = request[TENANT], found
    device = device or authenticator.propose(user, request[NOW])
    return form_page(
        request,
        "activate/device",
        PATH,
        here=f"{tenant.prefix}{PATH}?{CODE}={link.reveal()}",
        link=link,
        device=enrolment.pack(device)[QUESTION],
        service=login.service_name(request, ""),
        username=user.login_name,
        prompt=enrolment.shown(tenant, authenticator, device, user.login_name, refused),
        **flags,
    )
