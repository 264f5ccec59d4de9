"""`/forgotten`: ask for a link by name or address, and set a new pattern by it, or get one. Where it is offered."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.authenticators.matrix import Issued
from idp.credentials import recovery, restoring
from idp.web import language, login
from idp.web.exchange import NOW, PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment, page
from idp.web.visiting import visit
from keys.secret import Secret
from storage.records import User

MINUTE: Final = 60
TOO_MANY: Final = 429
OWN: Final = "own"  # the value of the field `do`: a pattern of one's own choice


async def show(request: web.Request) -> web.Response:
    """GET /forgotten: who are you?"""
    _offered(request)
    return _ask(request)


async def ask(request: web.Request) -> web.Response:
    """POST /forgotten: the same answer for every name, after the same work."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    _offered(request)
    form = await read_form(request)
    typed = form.get("username", "")
    if not is_own(request, form, recovery.PATH) or not typed.strip():
        return _ask(request, stale=True)
    async with provider.storage.transaction(tenant.name) as tx:
        until = await recovery.ask(visit(request, tx), typed, language.of(request))
    if until is not None:
        response = _ask(request, status=TOO_MANY, until=moment(request, until))
        response.headers["Retry-After"] = str(max(1, until - request[NOW]))
        return response
    minutes = tenant.settings.forgotten.link_seconds // MINUTE
    return page(request, "forgotten/asked", minutes=minutes, portal_url=tenant.url("/"))


async def confirm(request: web.Request) -> web.Response:
    """GET /forgotten/new: what the link does. Programs that look at mails open links too, and change nothing."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    _offered(request)
    token = request.query.get("token", "")
    async with provider.storage.snapshot(tenant.name) as tx:
        user = await recovery.holder(visit(request, tx), Secret(token))
    if user is None:
        return _over(request)
    return form_page(
        request,
        "forgotten/confirm",
        recovery.LINK_PATH,
        here=f"{tenant.prefix}{recovery.LINK_PATH}?token={token}",
        action=language.keeping(request, f"{tenant.prefix}{recovery.LINK_PATH}"),
        token=token,
        username=user.login_name,
    )


async def redeem(request: web.Request) -> web.Response:
    """POST /forgotten/new: to the pages on which one sets a pattern; or one that is drawn, shown this once."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    _offered(request)
    form = await read_form(request)
    token = form.get("token", "")
    if not is_own(request, form, recovery.LINK_PATH):
        return _over(request)
    async with provider.storage.transaction(tenant.name) as tx:
        if form.get("do") == OWN:
            challenge = await restoring.begin(visit(request, tx), Secret(token))
            return login.send(request, challenge) if challenge else _over(request)
        redeemed = await recovery.redeem(visit(request, tx), Secret(token))
    return _issued(request, *redeemed) if redeemed else _over(request)


def _issued(request: web.Request, user: User, issued: Issued) -> web.Response:
    return page(
        request,
        "forgotten/issued",
        grid=issued.grid,
        blocks=issued.blocks,
        cells=issued.cells.reveal(),
        username=user.login_name,
        until=moment(request, issued.until),
        portal_url=request[TENANT].url("/"),
    )


def _ask(
    request: web.Request, *, status: int = 200, stale: bool = False, until: str | None = None
) -> web.Response:
    tenant = request[TENANT]
    return form_page(
        request,
        "forgotten/ask",
        recovery.PATH,
        status=status,
        action=language.keeping(request, f"{tenant.prefix}{recovery.PATH}"),
        portal_url=tenant.url("/"),
        stale=stale,
        until=until,
    )


def _over(request: web.Request) -> web.Response:
    return page(request, "forgotten/over", status=400, again_url=request[TENANT].url(recovery.PATH))


def _offered(request: web.Request) -> None:
    """Where it is not offered there is no such page."""
    if not request[TENANT].settings.forgotten.enabled:
        raise web.HTTPNotFound
