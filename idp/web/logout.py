"""Signing out: the browser's session ends here and wherever it went, and the user is told how that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from idp import session
from idp.logout import departure
from idp.logout.farewell import Result, Told
from idp.web import cookies
from idp.web import round as rounds
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.login import service_name
from idp.web.respond import page
from idp.web.round import Onward
from idp.web.visiting import visit

PATH: Final = "/logout"
PURPOSE: Final = "logout"
# Where the user may still be signed in.
OPEN: Final = (Result.PENDING, Result.WAITING, Result.FAILED, Result.UNSUPPORTED)


async def confirm(request: web.Request) -> web.Response:
    """GET: ask first, since any page of the world can send a browser here."""
    return ask(request, f"{request[TENANT].prefix}{PATH}", {})


async def submit(request: web.Request) -> web.Response:
    """POST: end the session and forget the cookie."""
    form = await read_form(request)
    if not is_own(request, form, PURPOSE):
        return await confirm(request)
    return await done(request, await sign_out(request))


def ask(
    request: web.Request,
    action: str,
    fields: Mapping[str, str],
    *,
    service: str = "",
    names: Mapping[str, str] | None = None,
    fault: str = "",
) -> web.Response:
    """The page that asks. `fields` come back with the answer; `service` is who wants to know, `names` what it is
    called if it stands in no file.
    """
    tenant = request[TENANT]
    return form_page(
        request,
        "logout/confirm",
        PATH,
        purpose=PURPOSE,
        destinations=tuple(filter(None, (fields.get("post_logout_redirect_uri"),))),
        action=action,
        fields=sorted(fields.items()),
        service=service_name(request, service, names) if service else None,
        fault=fault,
        portal_url=tenant.url("/"),
    )


async def sign_out(request: web.Request, by: str = "", client_id: str = "") -> tuple[Told, ...]:
    """End the browser's session everywhere; `by` is the service that asked for it, `client_id` which of those
    that share its name. Empty without a session.
    """
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        ended = await session.end(here)
        if ended is None:
            return ()
        reason = "service" if by else "user"
        await here.record("session.ended", user_id=ended.user_id, service=by, sid=ended.sid, reason=reason)
        left = await departure.depart(here, provider.doors, ended, by, client_id)
    return await departure.conclude(provider, tenant, left)


async def done(
    request: web.Request, told: Sequence[Told], onward: Onward | None = None, *, forget: bool = True
) -> web.Response:
    """Every service with its result. Straight on to `onward` where there is nothing left to do or to know.

    `forget` the cookie: its session has ended.
    """
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    is_open = any(each.result is not Result.DONE for each in told)
    if any(each.result is Result.WAITING for each in told) or (onward and onward.path and is_open):
        async with provider.storage.transaction(tenant.name) as tx:
            here = visit(request, tx)
            going = await rounds.begin(here, told, onward)
            response = rounds.send(request, here, going.address(tenant, rounds.PATH))
    else:
        response = _shown(request, told, onward, onward.url if onward else "")
    if forget:
        forget_session(request, response)
    return response


async def progress(request: web.Request) -> web.Response:
    """GET: a round from service to service as it stands; also for whoever comes back half-way."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.snapshot(tenant.name) as tx:
        going = await rounds.find(visit(request, tx), rounds.token_of(request))
    if going is None:
        return await confirm(request)
    onward = going.onward
    url = (going.address(tenant, onward.path) if onward.path else onward.url) if onward else ""
    return _shown(request, going.told, onward, url, going.address(tenant) if going.path else "")


def forget_session(request: web.Request, response: web.Response) -> None:
    """The cookie of a session that has ended."""
    tenant = request[TENANT]
    cookies.take(response, tenant, cookies.SESSION)
    cookies.forget_state(request, response, tenant)


def _shown(
    request: web.Request, told: Sequence[Told], onward: Onward | None, url: str, next_url: str = ""
) -> web.Response:
    """`url` is where `onward` is; `next_url` where the next service is told."""
    tenant = request[TENANT]
    if onward is not None and all(each.result is Result.DONE and not each.frame for each in told):
        headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return web.Response(status=303, headers=headers)
    return page(
        request,
        "logout/done",
        here=f"{tenant.prefix}{PATH}",
        frames=tuple(each.frame for each in told if each.frame),
        services=[
            {
                "name": service_name(request, each.service, each.names),
                "result": each.result.value,
                "frame": each.frame,
            }
            for each in told
        ],
        complete=not any(each.result in OPEN for each in told),
        next_url=next_url,
        onward=onward and {"url": url, "name": service_name(request, onward.service, onward.names)},
        portal_url=tenant.url("/"),
    )
