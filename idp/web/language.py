"""The language of one request, and how it stays through a login that a service asked for in another."""

from __future__ import annotations

from aiohttp import hdrs, web

from idp import attributes
from idp.web import cookies
from idp.web.exchange import LOCALE, TENANT
from idp.web.locale import choose_locale
from storage.records import User

CHOSEN = "ui_locales"  # by the person, on our own pages, where it is remembered; or the wish of a service
PASSING = "lang"  # the wish of a service, carried from form to form and forgotten afterwards


def choose(request: web.Request, wished: str) -> str:
    """The language for the request; `wished` are language tags with spaces between, best first."""
    tenant = request[TENANT]
    remembered = request.cookies.get(cookies.cookie_name(tenant, cookies.LOCALE_COOKIE), "")
    accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
    return choose_locale(accepted, remembered, wished, tenant.settings.locales)


def of(request: web.Request) -> str:
    """The language of the request, found when it is first asked for: most answers have no words."""
    if LOCALE not in request:
        request[LOCALE] = choose(request, wished(request))
    return request[LOCALE]


def speak(request: web.Request, response: web.StreamResponse, user: User) -> None:
    """Whoever signs in where no language was chosen is spoken to in his own from now on."""
    tenant, own = request[TENANT], attributes.kept(user).get("locale")
    if own and cookies.cookie_name(tenant, cookies.LOCALE_COOKIE) not in request.cookies:
        accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
        cookies.give_locale(response, tenant, choose_locale(accepted, "", own, tenant.settings.locales))


def wished(request: web.Request) -> str:
    """What the address of the request asks for."""
    query = request.query_string
    if CHOSEN not in query and PASSING not in query:  # parsing costs more than looking
        return ""
    return request.query.get(CHOSEN) or request.query.get(PASSING, "")


def keeping(request: web.Request, address: str) -> str:
    """The address, and in it the request's language where the browser would get another without."""
    locale = of(request)
    if locale == choose(request, ""):
        return address
    return f"{address}{'&' if '?' in address else '?'}{PASSING}={locale}"
