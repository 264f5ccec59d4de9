"""Pages of ours with a form: only the browser that got one can post it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.web import cookies
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import TENANT
from idp.web.respond import page


def form_page(
    request: web.Request,
    name: str,
    path: str,
    /,
    *,
    purpose: str | None = None,
    here: str | None = None,
    action: str | None = None,
    **variables: Any,
) -> web.Response:
    """The page `name` at `path` (below the tenant), with the form's hidden `csrf` for its `purpose`, by default `path`.

    The browser gets the secret that `csrf` is made with. `here` and `action`, the page's own address and where the
    form goes, are `path` by default. See `page` for the rest.
    """
    tenant = request[TENANT]
    browser, address = cookies.browser_secret(request, tenant), f"{tenant.prefix}{path}"
    response = page(
        request,
        name,
        here=here or address,
        action=action or address,
        csrf=csrf(browser, purpose or path),
        **variables,
    )
    cookies.give(response, tenant, cookies.BROWSER, browser)
    return response


def is_own(request: web.Request, form: Mapping[str, str], purpose: str) -> bool:
    """Whether the form that was posted is one that `form_page` gave to this browser."""
    return is_csrf(cookies.browser_secret(request, request[TENANT]), purpose, form.get("csrf", ""))
