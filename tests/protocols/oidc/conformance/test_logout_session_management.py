"""The modules of the profile Session Management; the frame itself is run by Chromium in tests/clients."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

from tests.people import ALICE
from tests.protocols.oidc.signing_out import PORTS, Visitor, browsers, database, services, site, visitor
from tests.running import Browsers
from tests.server import Server

__all__ = ["browsers", "database", "services", "site", "visitor"]


async def session_state(visitor: Visitor, name: str, **extra: str) -> str | None:
    """What the authentication response says."""
    party = visitor.parties.get(name) or visitor.services[name].party(visitor.browser, visitor.site.url)
    pending = await party.begin(**extra)
    page = await visitor.browser.login(pending.url, ALICE, party.redirect_uri)
    return parse_qs(urlsplit(page.location or "").query).get("session_state", [None])[0]


def computed(client_id: str, origin: str, cookie: str | None, given: str) -> str:
    """What the frame computes (§3.2)."""
    salt = given.partition(".")[2]
    text = f"{client_id} {origin} {cookie or ''} {salt}"
    return f"{hashlib.sha256(text.encode()).hexdigest()}.{salt}"


async def test_oidcc_session_management_discovery_endpoint_verification(visitor: Visitor) -> None:
    said = await visitor.services["files"].party(visitor.browser, visitor.site.url).discover()
    assert said["check_session_iframe"] == f"{visitor.site.url}/oidc/check_session"


async def test_oidcc_session_management_rp_initiated_logout(visitor: Visitor) -> None:
    """Unchanged while the session lasts, changed once it is over."""
    given = await session_state(visitor, "files")
    assert given and " " not in given
    origin = visitor.services["files"].url
    assert computed("files", origin, visitor.browser.cookie("demo-state"), given) == given
    await visitor.enter("files")
    again = await session_state(visitor, "files")
    assert again and computed("files", origin, visitor.browser.cookie("demo-state"), again) == again
    await visitor.leave("files")
    assert visitor.browser.cookie("demo-state") is None
    assert computed("files", origin, None, again) != again


async def test_the_state_is_bound_to_client_origin_and_session(visitor: Visitor, browsers: Browsers) -> None:
    first, second = await session_state(visitor, "files"), await session_state(visitor, "files")
    assert first and second and first != second, "a salt of its own each time"
    cookie, origin = visitor.browser.cookie("demo-state"), visitor.services["files"].url
    for client_id, at in (("mail", origin), ("files", "http://localhost:1")):
        assert computed(client_id, at, cookie, first) != first
    other = Visitor(visitor.site, visitor.services, browsers())
    await session_state(other, "files")
    assert other.browser.cookie("demo-state") != cookie


async def test_the_cookie_opens_nothing_and_can_be_read_in_a_frame(visitor: Visitor) -> None:
    await session_state(visitor, "files")
    cookie = next(morsel for (_, _, name), morsel in visitor.browser.cookies.items() if name == "demo-state")
    assert cookie["samesite"] == "None" and cookie["secure"] and not cookie["httponly"]
    assert cookie.value not in {visitor.browser.cookie("session"), visitor.browser.cookie("browser")}
    await visitor.enter("files")
    assert cookie.value != visitor.sid


async def test_only_services_that_asked_for_it_get_it_and_may_frame_the_page(visitor: Visitor) -> None:
    assert await session_state(visitor, "mail") is None
    page = await visitor.browser.request("GET", f"{visitor.site.url}/oidc/check_session")
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert f"frame-ancestors http://localhost:{PORTS['files']}" in policy
    assert "default-src 'none'" in policy and "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers, "it knows no list"
    elsewhere = await visitor.browser.request("GET", f"{visitor.site.url}/logout")
    assert "frame-ancestors 'none'" in elsewhere.headers["Content-Security-Policy"]


async def test_where_nobody_asked_for_it_there_is_none_of_it(visitor: Visitor, site: Server) -> None:
    party = visitor.services["wiki"].party(visitor.browser, f"{site.url}/plain")
    assert "check_session_iframe" not in await party.discover()
    assert (await visitor.browser.request("GET", f"{site.url}/plain/oidc/check_session")).status == 404
