"""The cookies: one binds a login to its browser, one is the session, one tells it again; the rest are no secrets."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.tenant import Tenant
from keys.secret import Secret
from keys.token import new_token

BROWSER: Final = "browser"
SESSION: Final = "session"
LOCALE_COOKIE: Final = "locale"
STATE: Final = "state"
DEVICE: Final = "device"

BROWSER_SECRET = web.RequestKey("browser_secret", Secret)
_SHORTEST, _LONGEST = 20, 200  # anything else was not made by us


def cookie_name(tenant: Tenant, kind: str) -> str:
    """`__Host-` where we speak https: from this host, over TLS, for every path (RFC 6265bis §4.1.3.2).

    The tenant's name keeps tenants apart that share a host; plain http exists on loopback only.
    """
    prefix = "__Host-" if tenant.is_secure else ""
    return f"{prefix}{tenant.name}-{kind}"


def read(request: web.Request, tenant: Tenant, kind: str) -> Secret | None:
    """What the browser sent, if it can be ours."""
    value = request.cookies.get(cookie_name(tenant, kind), "")
    return Secret(value) if _SHORTEST <= len(value) <= _LONGEST and value.isascii() else None


def browser_secret(request: web.Request, tenant: Tenant) -> Secret:
    """The secret that binds logins to this browser; a new one is given by `give` in the response."""
    secret = request.get(BROWSER_SECRET)
    if secret is None:
        secret = read(request, tenant, BROWSER) or new_token()
        request[BROWSER_SECRET] = secret
    return secret


def give(response: web.StreamResponse, tenant: Tenant, kind: str, secret: Secret) -> None:
    """Set a cookie that ends with the browser, that scripts cannot read and other sites cannot post with."""
    response.set_cookie(
        cookie_name(tenant, kind),
        secret.reveal(),
        path="/",
        httponly=True,
        secure=tenant.is_secure,
        samesite="Lax",
    )


def give_browser(request: web.Request, response: web.StreamResponse, tenant: Tenant) -> None:
    """The secret that binds logins to this browser, unless it came with the request."""
    if read(request, tenant, BROWSER) is None:
        give(response, tenant, BROWSER, browser_secret(request, tenant))


def give_device(response: web.StreamResponse, tenant: Tenant, secret: Secret) -> None:
    """Let the browser be known again for as long as it is used; it signs nobody in (`idp.flow.known_devices`)."""
    response.set_cookie(
        cookie_name(tenant, DEVICE),
        secret.reveal(),
        path="/",
        max_age=tenant.settings.lockout.known_devices.unused_days * 86400,
        httponly=True,
        secure=tenant.is_secure,
        samesite="Lax",
    )


def give_locale(response: web.StreamResponse, tenant: Tenant, locale: str) -> None:
    """Remember a chosen language for a year; it is no secret."""
    response.set_cookie(
        cookie_name(tenant, LOCALE_COOKIE),
        locale,
        path="/",
        max_age=365 * 86400,
        httponly=True,
        secure=tenant.is_secure,
        samesite="Lax",
    )


def give_state(response: web.StreamResponse, tenant: Tenant, state: str) -> None:
    """Tell scripts of ours, in frames of other sites too, which session it is: a name for it, and no key to it.

    Browsers take `Secure` from loopback too, and ask for it with `SameSite=None`.
    """
    response.set_cookie(cookie_name(tenant, STATE), state, path="/", secure=True, samesite="None")


def forget_state(request: web.Request, response: web.StreamResponse, tenant: Tenant) -> None:
    """The session is another one, or over, unless the response says which it is now."""
    name = cookie_name(tenant, STATE)
    if name in request.cookies and name not in response.cookies:
        response.del_cookie(name, path="/", secure=True, samesite="None")


def take(response: web.StreamResponse, tenant: Tenant, kind: str) -> None:
    """Delete a cookie."""
    response.del_cookie(
        cookie_name(tenant, kind), path="/", httponly=True, secure=tenant.is_secure, samesite="Lax"
    )
