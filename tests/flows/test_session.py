"""What a browser keeps after a login, and how it ends."""

import asyncio
from http.cookies import Morsel
from typing import Any

import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE
from tests.relying_party import CALLBACK, Denied, RelyingParty
from tests.running import Browsers, MakeServer
from tests.server import Server

pytestmark = pytest.mark.both_stores


async def silently(party: RelyingParty, **extra: str) -> dict[str, Any]:
    """The claims of a login in which nothing is asked. Raises `Denied`."""
    pending = await party.begin(**extra)
    page = await party.http.get(pending.url, party.redirect_uri)
    return (await party.redeem(pending, party.code(pending, page))).claims


async def sign_out(server: Server, browser: Browser) -> Page:
    """By the button that every portal has."""
    page = await browser.get(f"{server.url}/logout")
    form = next(form for form in page.forms if form.method == "post")
    return await browser.submit(page, {}, form=form)


async def test_a_second_service_asks_nothing(server: Server, party: RelyingParty) -> None:
    first = (await party.login(ALICE)).claims
    mail = RelyingParty(party.http, server.url, "mail", redirect_uri=f"{CALLBACK}/mail")
    second = await silently(mail)
    assert second["sub"] == first["sub"]
    assert second["auth_time"] == first["auth_time"]


async def test_prompt_none_asks_nothing(party: RelyingParty) -> None:
    with pytest.raises(Denied, match="login_required"):
        await silently(party, prompt="none")
    await party.login(ALICE)
    assert (await silently(party, prompt="none"))["sub"]


async def test_prompt_login_and_max_age_ask_again(party: RelyingParty) -> None:
    first = (await party.login(ALICE)).claims
    await asyncio.sleep(2.1)  # so that a new auth_time differs, and max_age=1 has passed
    for wish in ({"prompt": "login"}, {"max_age": "1"}):
        asked = await party.http.get((await party.begin(**wish)).url, CALLBACK)
        assert asked.asked == "username", wish
        again = (await party.login(ALICE, **wish)).claims
        assert again["auth_time"] > first["auth_time"], wish
        await asyncio.sleep(2.1)
        first = again
    assert (await silently(party, max_age="600"))["auth_time"] == first["auth_time"]


async def test_signing_out_ends_the_session(server: Server, party: RelyingParty, browsers: Browsers) -> None:
    await party.login(ALICE)
    thief = browsers()
    thief.cookies = dict(party.http.cookies)
    assert (await sign_out(server, party.http)).status == 200
    assert party.http.cookie("session") is None
    for browser in (party.http, thief):
        assert (await browser.get(f"{server.url}/")).asked == "username"


async def test_a_link_from_elsewhere_signs_nobody_out(server: Server, party: RelyingParty) -> None:
    await party.login(ALICE)
    await party.http.get(f"{server.url}/logout")
    await party.http.request("POST", f"{server.url}/logout", {"csrf": "guessed"})
    assert (await party.http.get(f"{server.url}/")).asked == ""


async def test_a_rise_in_trust_gives_a_new_session(make_server: MakeServer, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: New session id at every rise in trust."""
    server = make_server()
    server.tenant.policies = [
        {"name": "mail", "when": {"services": ["mail"]}, "then": {"require": ["password", "totp"]}},
        {"name": "rest", "then": {"require": ["password"]}},
    ]
    bob = server.bob
    server.start().add_user("bob", password=bob.password, token=bob.token)
    browser = browsers()
    await browser.login(f"{server.url}/", bob, "\0")
    low = browser.cookie("session")
    old = browsers()
    old.cookies = dict(browser.cookies)
    party = RelyingParty(browser, server.url, "mail", redirect_uri=f"{CALLBACK}/mail")
    pending = await party.begin()
    asked = await browser.get(pending.url)
    assert asked.asked == "answer", "only what is missing is asked"
    page = await browser.login(asked, bob, CALLBACK)
    tokens = await party.redeem(pending, party.code(pending, page))
    assert tokens.claims["acr"] == "urn:masugata:acr:multi"
    assert browser.cookie("session") not in (None, low)
    assert (await old.get(f"{server.url}/")).asked == "username", "the old id is worth nothing"


async def test_a_session_id_that_was_planted_is_not_adopted(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: New session id at every rise in trust: a fixed one is never taken over."""
    browser = browsers()
    planted: Morsel[str] = Morsel()
    planted.set("demo-session", "p" * 43, "p" * 43)
    planted["path"] = "/"
    browser.cookies["localhost", "/", "demo-session"] = planted
    await browser.login(f"{server.url}/", ALICE, "\0")
    assert browser.cookie("session") not in (None, "p" * 43)


async def test_a_login_without_the_pages_own_field_is_not_taken(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: login CSRF bound to the pre-session."""
    browser = browsers()
    page = await browser.get(f"{server.url}/")
    for field in ("", "x" * 24, (await browsers().get(f"{server.url}/")).form.fields["csrf"]):
        assert (await browser.submit(page, {"username": "alice", "csrf": field})).status == 400
    # A stranger's half-finished login, put into her browser, does not sign her in as him.
    stranger = browsers()
    his = await stranger.answer(await stranger.get(f"{server.url}/"), "alice")
    assert (await browser.submit(his, {"answer": ALICE.reply(his)})).status == 400
    assert browser.cookie("session") is None


async def test_cookies_on_https(make_server: MakeServer, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: cookies `__Host-`, HttpOnly, Secure, SameSite."""
    server = make_server()
    server.tenant.base_url = "https://login.localhost"
    server.start().add_people()
    browser = browsers()
    # As behind a proxy that ends TLS: our own connection is plain, the name is the public one.
    host = {"Host": "login.localhost"}
    page = await browser.request("GET", f"{server.url}/", headers=host)
    for typed in (lambda _: "alice", ALICE.reply):
        page = await browser.request(
            "POST", f"{server.url}/login", {**page.form.fields, page.asked: typed(page)}, host
        )
    assert page.status == 303
    names = {name for _, _, name in browser.cookies}
    assert names == {"__Host-demo-browser", "__Host-demo-session", "__Host-demo-device"}
    for (*_, name), morsel in browser.cookies.items():
        assert morsel["secure"]
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert morsel["path"] == "/"
        assert not morsel["domain"]
        assert bool(morsel["max-age"]) == name.endswith("-device"), "all others end with the browser"
    assert "max-age=" in page.headers["Strict-Transport-Security"]


async def test_cookies_on_loopback(server: Server, party: RelyingParty) -> None:
    """THREAT_MODEL.md 22: cookies … HttpOnly … SameSite, also where there is no TLS and so no `__Host-`."""
    await party.login(ALICE)
    assert {name for _, _, name in party.http.cookies} == {
        "demo-browser",
        "demo-session",
        "demo-device",
    }
    for morsel in party.http.cookies.values():
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert not morsel["secure"]
