"""The portal: the services that a user may enter, as tiles. It is a door of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from aiohttp import web

from idp.authenticators.matrix import Matrix
from idp.flow import conclusion, exposure, ways
from idp.flow.gathering import gather
from idp.logout.farewell import Farewell, Visited
from idp.outcome import Accept, Authentication
from idp.policy import Attempt, Require, decide
from idp.policy.conditions import CONSOLE
from idp.tenant import Service, Tenant
from idp.visit import Visit
from idp.web import cookies, login, logout
from idp.web.csrf import csrf
from idp.web.entry import TILES, enter
from idp.web.exchange import PROVIDER, TENANT
from idp.web.respond import moment, page
from idp.web.visiting import visit
from storage import Transaction
from storage.deliveries import Delivery

DOOR: Final = conclusion.PORTAL
SEARCH_FROM = 12  # tiles beyond which a search field helps


class Portal:
    """As a door: after the login the browser goes to the page of ours that asked for it."""

    async def resume(self, _request: web.Request, visit: Visit, accept: Accept, /) -> web.Response:
        """Back to that page, the tiles unless another began, by a GET that can be reloaded."""
        path = accept.resume.request.get("path", "/")
        return web.Response(status=303, headers={"Location": visit.tenant.url(path)})

    def destinations(self, _request: Mapping[str, Any], /) -> tuple[str, ...]:
        """The portal is ours."""
        return ()

    async def farewell(self, _tx: Transaction, _tenant: Tenant, _visited: Visited, /) -> Farewell:
        """It gives nothing away that would outlive the session."""
        return Farewell()

    async def tell(self, _tenant: Tenant, _delivery: Delivery, _now: int, /) -> None:
        """Nobody is to be told."""

    def launch(self, _tenant: Tenant, _service: str, /) -> None:
        """It begins at its own pages."""

    def names(self, _request: Mapping[str, Any], /) -> None:
        """The tenant's name will do."""


async def show(request: web.Request) -> web.Response:
    """GET /: the tiles, or the login."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        outcome = await enter(request, here, TILES)
        if isinstance(outcome, web.Response):
            return outcome
        before = await _login_before(here, outcome.authentication)
        tiles = [each async for each in _tiles(request, here, outcome.authentication)]
        until = await _initial_until(here, outcome.authentication)
        seen = await exposure.worn_out(here, outcome.authentication.user)
        console = await _may_look(here, outcome.authentication)
    return _page(request, outcome.authentication, tiles, before, until, seen, console)


async def _login_before(here: Visit, authentication: Authentication) -> int | None:
    """When the user signed in before this session, so that he can notice a login that was not his."""
    events = await here.tx.audit.list(limit=2, event="login.accepted", user_id=authentication.user.id)
    return events[1].at if len(events) > 1 else None


async def _initial_until(here: Visit, authentication: Authentication) -> int | None:
    """When the initial pattern ends that he signed in with, or would; None for one of his own."""
    matrix = here.tenant.authenticators.get(Matrix.name)
    present = await matrix.present(here.tx, authentication.user) if isinstance(matrix, Matrix) else None
    return present.content.until if present else None


async def _tiles(
    request: web.Request, here: Visit, authentication: Authentication
) -> AsyncIterator[dict[str, Any]]:
    """The services that would let the user in from here and now, each with what it would still ask."""
    doors = request.config_dict[PROVIDER].doors
    for service in here.tenant.services.values():
        door = doors.get(_door(service))
        url = service.launch_url or (door.launch(here.tenant, service.name) if door else None)
        if url is None:
            continue
        attempt = Attempt(_door(service), service.name, here.caller.address, here.now, authentication.user)
        attempt = await gather(here, attempt, authentication.proofs)
        verdict = decide(here.tenant.policy, attempt).verdict
        if isinstance(verdict, Require):
            name = login.service_name(request, service.name)
            more = bool(ways.missing(here.tenant, verdict, authentication.proofs, here.now))
            yield {"name": name, "url": url, "initial": name[:1], "more": more}


async def _may_look(here: Visit, authentication: Authentication) -> bool:
    """Whether the console would let the user in, after whatever proofs."""
    attempt = Attempt(CONSOLE, CONSOLE, here.caller.address, here.now, authentication.user)
    attempt = await gather(here, attempt, authentication.proofs)
    return isinstance(decide(here.tenant.policy, attempt).verdict, Require)


def _door(service: Service) -> str:
    return next(iter(service.doors), DOOR)


def _page(
    request: web.Request,
    authentication: Authentication,
    tiles: list[dict[str, Any]],
    before: int | None,
    until: int | None,
    seen: int,
    console: bool,
) -> web.Response:
    tenant, user = request[TENANT], authentication.user
    browser = cookies.browser_secret(request, tenant)
    wanted = request.query.get("q", "").strip()
    found = [tile for tile in tiles if wanted.casefold() in tile["name"].casefold()]
    return page(
        request,
        "portal/tiles",
        here=f"{tenant.prefix}/",
        name=user.display_name or user.login_name,
        tiles=found,
        search=len(tiles) > SEARCH_FROM,
        q=wanted,
        last_login=moment(request, before) if before is not None else None,
        initial_until=moment(request, until) if until is not None else None,
        exposed=seen,
        console=console,
        action=f"{tenant.prefix}{logout.PATH}",
        csrf=csrf(browser, logout.PURPOSE),
    )
