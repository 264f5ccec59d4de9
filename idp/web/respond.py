"""From a page to the web server's response: the one place where they meet."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from idp.web import language
from idp.web.catalogue import Catalogue
from idp.web.exchange import NOW, PAGES, TENANT


def page(
    request: web.Request,
    name: str,
    /,
    *,
    status: int = 200,
    destinations: tuple[str, ...] = (),
    frames: tuple[str, ...] = (),
    here: str = "",
    **variables: Any,
) -> web.Response:
    """The page in the request's language and its tenant's theme; see `Pages.render`."""
    text = request.app[PAGES].render(
        name,
        tenant=request[TENANT],
        locale=language.of(request),
        status=status,
        destinations=destinations,
        frames=frames,
        here=here,
        **variables,
    )
    return web.Response(status=text.status, body=text.body, headers=text.headers)


def moment(request: web.Request, at: int) -> str:
    """A point in time (epoch seconds) as pages write it: the tenant's zone, the request's language."""
    return words(request).moment(at, request[NOW], request[TENANT].zone)


def event_name(request: web.Request, event: str) -> str:
    """What an event of the audit log is called by people; empty where the theme's language has no name for it."""
    forms = words(request).texts.get(f"event.{event}", ("",))
    return forms[0]


def words(request: web.Request) -> Catalogue:
    """What the tenant's theme says in the request's language."""
    found: Catalogue = request.app[PAGES].words(request[TENANT].settings.theme, language.of(request))
    return found
