"""What people see of themselves on their account pages, and that nobody else sees or changes it."""

from __future__ import annotations

import time

import storage
from idp.audit import record
from tests.account.visitor import SAFARI, Visitor, buttons, own_form, person, signed_in
from tests.browser import Browser
from tests.people import CAROL, PASSWORD, Person
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers
from tests.server import Server

PAGES = ("", "/devices", "/password", "/sessions", "/logins", "/services", "/browsers")


async def test_the_portal_leads_to_the_account_and_each_page_to_the_others(
    server: Server, browsers: Browsers
) -> None:
    browser = browsers()
    portal = await signed_in(browser, server, "alice", "/")
    assert "/account" in portal.links
    for path in PAGES:
        page = await browser.get(f"{server.url}/account{path}")
        assert page.status == 200 and not page.asked, path
        assert {"/account", "/account/sessions", "/account/logins", "/account/services", "/"} <= set(
            page.links
        )
    account = await browser.get(f"{server.url}/account")
    assert "/account/password" in account.links
    assert "/account/devices" not in account.links, "no rule asks her for codes"
    needing = await browsers().login(f"{server.url}/account", Person("nina", pattern=CAROL.pattern), "\0")
    assert "/account/devices" not in needing.links and "/account/password" not in needing.links


async def test_nothing_is_shown_to_who_is_not_signed_in_and_nothing_changed(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 22: login CSRF and forms from elsewhere: without a session, and without the browser's own
    field, nothing is changed."""
    stranger, browser = browsers(), browsers()
    for path in PAGES:
        assert (await stranger.get(f"{server.url}/account{path}")).asked == "username", path
    page = await signed_in(browser, server, "alice", "/account/sessions")
    other = browsers()
    await signed_in(other, server, "alice")
    foreign = own_form(await signed_in(stranger, server, "mia", "/account/password"), "old").fields["csrf"]
    for csrf in ("", "x" * 24, foreign):
        forged = {"csrf": csrf, "end": "others"}
        await browser.request("POST", f"{server.url}/account/sessions", forged)
        forged = {"csrf": csrf, "locale": "ja"}
        await browser.request("POST", f"{server.url}/account", forged)
        forged = {"csrf": csrf, "old": PASSWORD, "new": "another one of hers", "again": "another one of hers"}
        assert (await browser.request("POST", f"{server.url}/account/password", forged)).status == 400
    assert not (await other.get(f"{server.url}/account")).asked, "her other session is still there"
    await signed_in(browsers(), server, "alice")
    assert page.language == (await browser.get(f"{server.url}/account")).language == "en"


async def enter(
    browser: Browser, server: Server, service: str, callback: str, login: Person | None = None
) -> None:
    """To a service, which gets a code."""
    begun = (await RelyingParty(browser, server.url, service, redirect_uri=callback).begin()).url
    page = await (browser.login(begun, login, callback) if login else browser.get(begun, callback))
    assert "code=" in (page.location or ""), page.text


async def test_sessions_are_told_apart_and_ended_and_services_are_told(server: Server) -> None:
    async with Visitor() as here, Visitor() as there, Visitor() as third:
        there.user_agent = third.user_agent = SAFARI
        for browser in (here, there, third):
            await signed_in(browser, server, "sara")
            server.advance(1)  # they are listed by age
        await enter(there, server, "wiki", CALLBACK)
        await enter(there, server, "mail", f"{CALLBACK}/mail")
        page = await here.get(f"{server.url}/account/sessions")
        assert page.text.count("Safari, iPhone</h2>") == 2 and page.text.count("this browser") == 1
        assert "Firefox, Windows <span" in page.text and "Service mail, Service wiki" in page.text
        *ones, others = buttons(page, "end")
        assert len(ones) == 2 and others == "others"
        done = await here.submit(page, {"end": ones[0]}, form=own_form(page))
        assert "1 sign-in was ended" in done.text
        states = [(await browser.get(f"{server.url}/account")).asked for browser in (here, there, third)]
        assert states == ["", "username", ""], "the oldest of the others"
        assert 'class="pending"><span>Service mail' in done.text, "it does not answer, and is told later"
        assert 'class="unsupported"><span>Service wiki' in done.text
        assert [each["service"] for each in server.pending()] == ["mail"]
        again = await here.submit(page, {"end": ones[0]}, form=own_form(page))
        assert "0 sign-ins were ended" in again.text
        done = await here.submit(done, {"end": "others"}, form=own_form(done))
        assert "1 sign-in was ended" in done.text and not buttons(done, "end")
        assert (await third.get(f"{server.url}/account")).asked == "username"
    ended = [row for row in server.audit() if row["event"] == "session.ended"]
    assert len([row for row in ended if row["details"]["reason"] == "user, elsewhere"]) == 2


async def test_the_session_of_another_user_stays(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 19: another user's session id, in one's own form, ends nothing.

    THREAT_MODEL.md 17: nor does it show anything of him."""
    his, hers, second = browsers(), browsers(), browsers()
    await signed_in(browsers(), server, "greta")
    await signed_in(his, server, "otto")
    await signed_in(second, server, "otto")
    listed = await his.get(f"{server.url}/account/sessions")
    (sid, _) = buttons(listed, "end")
    page = await signed_in(hers, server, "greta", "/account/sessions")
    assert sid not in page.text
    for end in (sid, "others", "", "x\0"):
        await hers.submit(page, {"end": end}, form=own_form(page))
    for browser in (his, second, hers):
        assert not (await browser.get(f"{server.url}/account")).asked


async def test_logins_are_listed_refused_ones_too_and_only_ones_own(
    server: Server, browsers: Browsers
) -> None:
    await signed_in(browsers(), server, "sara")
    async with Visitor() as browser, Visitor() as guessing:
        await enter(browser, server, "wiki", CALLBACK, person("luke"))
        for _ in range(2):
            page = await guessing.answer(await guessing.get(f"{server.url}/"), "luke")
            await guessing.answer(page, "not his password")
        page = await browser.get(f"{server.url}/account/logins")
        assert page.text.count("Service wiki (OpenID Connect) · Password") == 1
        assert page.text.count('class="refused"') == 2
        assert "Firefox, Windows" in page.text and "127.0.0.1" in page.text
        shown = {record["reference"] for record in server.audit() if record["reference"] in page.text}
        assert len(shown) == 3, "all of his, and none of the many others"
        assert not [link for link in page.links if "before=" in link], "they fit on one page"
        await remember(server, "luke", 30)
        first = await browser.get(f"{server.url}/account/logins")
        (older,) = (link for link in first.links if "before=" in link and "ui_locales" not in link)
        second = await browser.get(f"{server.url}{older}")
        assert (first.text.count("<li"), second.text.count("<li")) == (
            page.text.count("<li") + 17,
            page.text.count("<li") + 10,
        )
        assert "/account/logins" in second.links and not set(shown) & set(second.text.split())
        for before in ("x", "%00", "ffff", "0", "'"):
            found = await browser.get(f"{server.url}/account/logins?before={before}")
            assert found.status == 200, before


async def remember(server: Server, name: str, times: int) -> None:
    """Somebody tried as often, a while ago."""
    kept = await storage.open(server.storage)
    try:
        async with kept.transaction("demo") as tx:
            user = await tx.users.find_by_name(name)
            assert user is not None
            for number in range(times):
                await record(tx, "proof.refused", 1_000_000 + number, user_id=user.id, authenticator="totp")
    finally:
        await kept.close()


async def test_the_language_that_one_chose_follows_to_other_browsers(
    server: Server, browsers: Browsers
) -> None:
    page = await signed_in(browsers(), server, "lang")
    assert page.language == "en"
    browser = browsers()
    page = await signed_in(browser, server, "lang")
    done = await browser.submit(page, {"locale": "ja"}, form=own_form(page, "csrf"))
    assert done.language == "ja"
    for accepted in ("en", "fr"):
        assert (await signed_in(browsers(accepted), server, "lang")).language == "ja"
    unspoken = await browser.submit(done, {"locale": "fr"}, form=own_form(done))
    assert unspoken.language == "ja"
    chosen = browsers()
    await chosen.get(f"{server.url}/?ui_locales=en")
    assert (await signed_in(chosen, server, "lang")).language == "en", "a browser in which one was chosen"


async def test_who_is_disabled_sees_and_does_nothing_any_more(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 24: within 1 s of disabling a user his session opens no page, and posts nothing."""
    browser = browsers()
    page = await signed_in(browser, server, "gone", "/account/password")
    form = own_form(page, "old")
    server.cli("user", "disable", "gone", "--tenant", "demo")
    began = time.monotonic()
    new = {"old": PASSWORD, "new": "a new one of his", "again": "a new one of his"}
    assert (await browser.submit(page, new, form=form)).asked == "username"
    for path in PAGES:
        assert (await browser.get(f"{server.url}/account{path}")).asked == "username", path
    assert time.monotonic() - began < 10
    events = [row["event"] for row in server.audit() if (row["details"] or {}).get("username") == "gone"]
    assert "password.changed" not in events and "user.disabled" in events
