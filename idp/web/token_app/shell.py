"""`/token/`: the app's page, its files, its manifest and its service worker. None of them knows who asks."""

from __future__ import annotations

from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from idp.authenticators.totp import Totp
from idp.credentials import enrolment
from idp.tenant import Tenant
from idp.web import language
from idp.web.app_files import PAGE, AppFiles
from idp.web.exchange import PAGES, TENANT
from idp.web.locale import pick
from idp.web.respond import page
from idp.web.static import FOREVER

PATH: Final = "/token/"
# Nothing inline, nothing from elsewhere; it speaks with us only. Pictures may be the logo, which lies in the page.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
FRESH: Final = "no-cache"  # asked for again each time, so that an update is noticed


async def enter(request: web.Request) -> web.Response:
    """GET /token: what is installed has the path with the slash."""
    tenant = _tenant(request)
    return web.Response(status=308, headers={hdrs.LOCATION: tenant.url(PATH)})


async def show(request: web.Request) -> web.Response:
    """GET: the page. Which accounts it shows lies with the browser."""
    tenant = _tenant(request)
    response = page(
        request,
        PAGE,
        here=f"{tenant.prefix}{PATH}",
        version=_files(request).version,
        issuer=tenant.issuer,
        otpauth_issuer=enrolment.issuer(tenant),
        protect=tenant.settings.protect.use,
    )
    response.headers["Content-Security-Policy"] = POLICY
    return response


async def manifest(request: web.Request) -> web.Response:
    """GET: what a browser needs to know to install it (Web Application Manifest, W3C)."""
    tenant, version, locale = _tenant(request), _files(request).version, language.of(request)
    settings = tenant.settings
    name = pick(settings.display_name, locale, settings.locales)
    words = request.config_dict[PAGES].words(settings.theme, locale)
    icons = (("icon.svg", "any", "any"), ("icon.png", "192x192", "any maskable"))
    body: dict[str, Any] = {
        "id": tenant.url(PATH),
        "start_url": tenant.url(PATH),
        "scope": tenant.url(PATH),
        "name": words.say("token_app.name", tenant=name),
        "short_name": words.say("token_app.short"),
        "lang": locale,
        "display": "standalone",
        "background_color": "#f2f4f7",
        "theme_color": "#f2f4f7",
        "icons": [
            {"src": f"{version}/{file}", "sizes": sizes, "purpose": purpose} for file, sizes, purpose in icons
        ],
    }
    return _answer(orjson.dumps(body), "application/manifest+json", FRESH)


async def worker(request: web.Request) -> web.Response:
    """GET: the service worker, which keeps the app working without a network."""
    _tenant(request)
    response = _answer(_files(request).worker, "text/javascript", FRESH)
    response.headers["Content-Security-Policy"] = POLICY  # of what it fetches
    return response


async def file(request: web.Request) -> web.Response:
    """GET /token/{version}/{name}: one of the app's files, by exact name."""
    _tenant(request)
    files = _files(request)
    found = files.files.get(request.match_info["name"])
    if found is None or request.match_info["version"] != files.version:
        raise web.HTTPNotFound
    return _answer(*found, FOREVER)


def _tenant(request: web.Request) -> Tenant:
    """The tenant. Raises HTTPNotFound where nobody has codes."""
    tenant = request[TENANT]
    if not isinstance(tenant.authenticators.get(Totp.name), Totp):
        raise web.HTTPNotFound
    return tenant


def _files(request: web.Request) -> AppFiles:
    return request.config_dict[PAGES].app(request[TENANT].settings.theme)


def _answer(body: bytes, content_type: str, cache: str) -> web.Response:
    return web.Response(body=body, content_type=content_type, headers={hdrs.CACHE_CONTROL: cache})
