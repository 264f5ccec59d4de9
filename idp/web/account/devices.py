"""`/account/devices`: the user's devices for one-time codes; each has a page on which he renames or removes it."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp.authenticators.totp import Totp
from idp.credentials import proofs
from idp.credentials.enrolment import device_name
from idp.flow.conclusion import ACCOUNT
from idp.mail.queue import changed
from idp.outcome import Reason, Reject
from idp.visit import Visit
from idp.web import login
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment, page
from idp.web.visiting import visiting
from storage.records import Credential, User

PATH: Final = "/account/devices"
NEW: Final = PATH + "/new"  # no id of ours is that short
ONE: Final = PATH + "/{device:[A-Za-z0-9_-]{1,64}}"  # the id of its credential


async def show(request: web.Request) -> web.Response:
    """GET: all of them, with when each was used last."""
    tenant = request[TENANT]
    authenticator = authenticator_of(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        user = outcome.authentication.user
        held = await here.tx.credentials.list(user.id, authenticator.name)
        serials = await _serials(here, user)
    settings = authenticator.settings
    room = settings.devices - sum(each.id not in serials for each in held)
    return page(
        request,
        "account/devices",
        here=f"{tenant.prefix}{PATH}",
        devices=[_entry(request, each, serials.get(each.id, "")) for each in held],
        has_pin=settings.pin.use != "never",
        new_url=f"{tenant.prefix}{NEW}" if settings.at_login and room > 0 else "",
        most=settings.devices if settings.at_login and room <= 0 else 0,
    )


async def show_one(request: web.Request) -> web.Response:
    """GET: one app of his, behind a proof that is fresh."""
    path = _path(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, path, max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        return _page(request, await _find(request, here, outcome.authentication.user))


async def submit(request: web.Request) -> web.Response:
    """POST: its new name, or `remove`, unless the rules may ask for it and it is the last."""
    tenant, form = request[TENANT], await read_form(request)
    path = _path(request)
    if not is_own(request, form, path):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    async with visiting(request) as here:
        who = await entered(request, here, path, max_age=PROOF_SECONDS)
        if isinstance(who, web.Response):
            return who
        device = await _find(request, here, who.user)
        if "remove" not in form:
            await _rename(here, device, device_name(form.get("name", "")))
        elif not await proofs.may_remove(here, who.user, device):
            return _page(request, device, needed=True)
        elif await here.tx.credentials.delete_one(device.id):
            await _removed(here, who.user, device)
    return web.Response(status=303, headers={"Location": tenant.url(PATH)})


def authenticator_of(request: web.Request) -> Totp:
    """The tenant's. Raises HTTPNotFound where it has none."""
    found = request[TENANT].authenticators.get(Totp.name)
    if not isinstance(found, Totp):
        raise web.HTTPNotFound
    return found


def _path(request: web.Request) -> str:
    return f"{PATH}/{request.match_info['device']}"


async def _find(request: web.Request, here: Visit, user: User) -> Credential:
    """The app that the address names, if it is the user's own. Raises HTTPNotFound; also for hardware, which an
    operator hands out and takes back.
    """
    authenticator, serials = authenticator_of(request), await _serials(here, user)
    for each in await here.tx.credentials.list(user.id, authenticator.name):
        if each.id == request.match_info["device"] and each.id not in serials:
            return each
    raise web.HTTPNotFound


async def _rename(here: Visit, device: Credential, name: str) -> None:
    if await here.tx.credentials.rename(device.id, name):
        await here.record(
            "credential.renamed", user_id=device.user_id, service=ACCOUNT, device=name, before=device.name
        )


async def _removed(here: Visit, user: User, device: Credential) -> None:
    about = {"authenticator": device.authenticator, "device": device.name}
    await here.record("credential.removed", user_id=user.id, service=ACCOUNT, **about)
    await changed(here.tx, here.tenant, "device", user, here.now, address=here.caller.whence)


async def _serials(here: Visit, user: User) -> dict[str, str]:
    return {each.credential_id: each.serial for each in await here.tx.hardware_tokens.list_of(user.id)}


def _entry(request: web.Request, device: Credential, serial: str) -> dict[str, Any]:
    return {
        "name": device.name,
        "hardware": serial,
        "since": moment(request, device.created_at),
        "last_used": None if device.last_used_at is None else moment(request, device.last_used_at),
        "url": "" if serial else f"{request[TENANT].prefix}{PATH}/{device.id}",
    }


def _page(request: web.Request, device: Credential, **flags: Any) -> web.Response:
    return form_page(request, "account/device", _path(request), device=_entry(request, device, ""), **flags)
