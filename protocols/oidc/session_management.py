"""A service watches from the browser whether the session is still the same (OpenID Connect Session Management 1.0).

It gets a `session_state`, and asks a page of ours in a hidden frame whether that still holds. The page computes
it anew from a cookie, without asking the server.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from idp.tenant import Tenant
from idp.web import cookies
from keys import base64url
from protocols.oidc import issuer
from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer
from protocols.oidc.redirect_uri import origin

PATH: Final = "/oidc/check_session"
SCRIPT: Final = Path(__file__).with_suffix(".js")
PAGE: Final = (
    '<!doctype html><html lang="en" data-cookie="{cookie}"><title>-</title><script>{script}</script></html>'
)


def is_wanted(here: Issuer, client: Client) -> bool:
    """Only where the service asks for it, or the tenant for all of them: the cookie is there for scripts."""
    return here.settings.session_management or client.settings.session_management


def browser_state(sid: str) -> str:
    """What the cookie says: another one for another session, and nothing that opens one."""
    return base64url.encode(hashlib.sha256(f"session state {sid}".encode()).digest()).decode()


def session_state(client_id: str, client_origin: str, state: str, salt: str = "") -> str:
    """As the page in the frame computes it (§3.2): bound to the client and to the origin of its pages."""
    salt = salt or secrets.token_hex(8)
    digest = hashlib.sha256(f"{client_id} {client_origin} {state} {salt}".encode())
    return f"{digest.hexdigest()}.{salt}"


def said(here: Issuer, client: Client, sid: str, redirect_uri: str) -> dict[str, str]:
    """What an authentication response says beside the rest; nothing to a client that has no web page."""
    at = origin(redirect_uri)
    if at is None or not sid or not is_wanted(here, client):
        return {}
    return {"session_state": session_state(client.id, at, browser_state(sid))}


def mark(response: web.StreamResponse, tenant: Tenant, sid: str) -> None:
    """Give the browser its cookie, with a response that carries a `session_state`."""
    cookies.give_state(response, tenant, browser_state(sid))


async def show(request: web.Request) -> web.Response:
    """GET: the page for the frame, which only the services that want it may frame."""
    here = issuer.of(request)
    clients = [client for client in here.clients.values() if is_wanted(here, client)]
    if not clients:
        raise web.HTTPNotFound
    ancestors = " ".join(sorted(set().union(*(client.origins for client in clients))))
    script, digest = _script()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; frame-ancestors {ancestors}; base-uri 'none'; "
        "form-action 'none'"
    )
    cookie = cookies.cookie_name(here.tenant, cookies.STATE)
    return web.Response(
        text=PAGE.format(cookie=cookie, script=script),
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "Cache-Control": "private, max-age=3600"},
    )


@cache
def _script() -> tuple[str, str]:
    """The script, and its SHA-256 as a policy names it."""
    script = SCRIPT.read_text()
    return script, base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
