"""`/account/browsers`: where the user signed in before, so that no stranger can lock him out there."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp.agent import family
from idp.flow import known_devices
from idp.flow.conclusion import ACCOUNT
from idp.visit import Visit
from idp.web.entry import enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting
from storage.known_devices import KnownDevice
from storage.records import User

PATH: Final = "/account/browsers"
OTHERS: Final = "others"  # the value of the field `forget` that means all but this one


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        user = outcome.authentication.user
        this = await known_devices.find(here, user.id)
        entries = [
            _entry(request, each, this) for each in await here.tx.known_devices.list(user.id, here.now)
        ]
    entries.sort(key=lambda each: not each["current"])
    return form_page(request, "account/browsers", PATH, browsers=entries, others=OTHERS)


async def forget(request: web.Request) -> web.Response:
    """POST: forget one of his own, or all but the one with which he asks."""
    tenant, form = request[TENANT], await read_form(request)
    if is_own(request, form, PATH):
        async with visiting(request) as here:
            authentication = await entered(request, here, PATH)
            if isinstance(authentication, web.Response):
                return authentication
            await _forget(here, authentication.user, form.get("forget", ""))
    return web.Response(status=303, headers={"Location": tenant.url(PATH)})


async def _forget(here: Visit, user: User, wanted: str) -> None:
    this = await known_devices.find(here, user.id)
    known = {each.id for each in await here.tx.known_devices.list(user.id, here.now)}
    chosen = known - {this.id if this else ""} if wanted == OTHERS else known & {wanted}
    for each in sorted(chosen):
        await here.tx.known_devices.delete(user.id, each)
    if chosen:
        await here.record("devices.forgotten", user_id=user.id, service=ACCOUNT, devices=len(chosen))


def _entry(request: web.Request, device: KnownDevice, this: KnownDevice | None) -> dict[str, Any]:
    return {
        "id": device.id,
        "current": this is not None and device.id == this.id,
        "agent": family(device.user_agent),
        "address": device.address,
        "since": moment(request, device.created_at),
        "seen": moment(request, device.seen_at),
    }
