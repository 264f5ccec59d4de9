"""`/account/sessions`: where the user is signed in, and how he ends what he does not need or know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from idp.agent import family
from idp.logout.ending import conclude, end, live
from idp.logout.revocation import doors_of
from idp.outcome import Authentication
from idp.visit import Visit
from idp.web.account.called import called
from idp.web.entry import enter, entered
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visit, visiting
from storage.network import NetworkSession
from storage.records import Grant, Session

PATH: Final = "/account/sessions"
OTHERS: Final = "others"  # the value of the field `end` that means all but this one


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        return await _page(request, here, outcome.authentication)


async def submit(request: web.Request) -> web.Response:
    """POST: end one of his own, or all but the one with which he asks; what became of each service is shown."""
    provider, tenant, form = request.config_dict[PROVIDER], request[TENANT], await read_form(request)
    if not is_own(request, form, PATH):
        return web.Response(status=303, headers={"Location": tenant.url(PATH)})
    async with visiting(request) as here:
        authentication = await entered(request, here, PATH)
        if isinstance(authentication, web.Response):
            return authentication
        wanted = form.get("end", "")
        chosen = None if wanted == OTHERS else wanted
        ended = await end(here, provider.doors, authentication.user, chosen, keep=authentication.sid)
    told = await conclude(provider, tenant, ended)
    results = [_result(request, each.service, each.result.value, each.names) for each in told]
    results += [_result(request, service, "disconnecting") for service in ended.networks]
    async with provider.storage.snapshot(tenant.name) as tx:
        return await _page(request, visit(request, tx), authentication, ended=ended.count, results=results)


def _result(
    request: web.Request, service: str, result: str, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    return {"name": called(request, service, names), "result": result}


async def _page(
    request: web.Request, here: Visit, authentication: Authentication, **flags: Any
) -> web.Response:
    user = authentication.user
    browsers, networks = await live(here, user)
    entries = [
        _browser(request, each, await here.tx.grants.list(each.sid), authentication.sid) for each in browsers
    ]
    entries.sort(key=lambda each: not each["current"])
    lines = [_network(request, each) for each in networks]
    return form_page(
        request, "account/sessions", PATH, sessions=entries, networks=lines, others=OTHERS, **flags
    )


def _browser(request: web.Request, session: Session, grants: Iterable[Grant], current: str) -> dict[str, Any]:
    return {
        "id": session.sid,
        "current": session.sid == current,
        "agent": family(session.user_agent),
        "address": session.address,
        "since": moment(request, session.created_at),
        "seen": moment(request, session.seen_at),
        "services": sorted({_called(request, grant) for grant in grants}),
    }


def _called(request: web.Request, grant: Grant) -> str:
    provider, door = request.config_dict[PROVIDER], doors_of(request[TENANT]).get(grant.service, "")
    names: Mapping[str, str] | None = (
        provider.doors[door].names(grant.request) if door in provider.doors else None
    )
    return called(request, grant.service, names)


def _network(request: web.Request, session: NetworkSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "service": called(request, session.service),
        "address": session.station or session.framed,
        "since": moment(request, session.began_at),
    }
