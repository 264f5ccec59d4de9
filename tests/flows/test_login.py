"""Logging in, over the wire."""

import json

import pytest

from tests.browser import Browser
from tests.people import ALICE, CAROL, PATTERN, Person, wrong_answer
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import LAUNCH, Browsers
from tests.server import Server

pytestmark = pytest.mark.both_stores


async def test_a_matrix_login_gives_the_service_its_user(party: RelyingParty) -> None:
    tokens = await party.login(ALICE)
    assert tokens.claims["acr"] == "urn:masugata:acr:single"
    userinfo = json.loads((await party.userinfo(tokens.access_token)).body)
    assert userinfo["sub"] == tokens.claims["sub"]
    assert userinfo["preferred_username"] == "alice"
    assert userinfo["email"] == "alice@example.com"


async def test_two_proofs_are_asked_one_after_the_other_and_reported(
    server: Server, party: RelyingParty
) -> None:
    tokens = await party.login(server.bob)
    assert tokens.claims["acr"] == "urn:masugata:acr:multi"
    assert {"pwd", "otp", "mfa"} <= set(tokens.claims["amr"])
    asked = [page.asked for page in party.http.seen if page.asked]
    assert asked == ["username", "password", "answer"]


async def test_a_denied_user_reads_the_rules_own_words(party: RelyingParty) -> None:
    pending = await party.begin()
    page = await party.http.login(pending.url, CAROL, CALLBACK)
    assert page.status == 403
    assert "Ask the desk for access." in page.text
    assert party.http.cookie("session") is None


async def test_who_is_denied_at_the_portal_too_is_not_sent_back_to_it(
    server: Server, browsers: Browsers
) -> None:
    browser = browsers()
    page = await browser.login(f"{server.url}/", CAROL, "\0")
    assert page.status == 403
    assert "Use another user ID" in page.text and "Go to your services" not in page.text
    (elsewhere,) = (link for link in page.links if not link.startswith("?") and "lang" not in link)
    assert (await browser.get(elsewhere)).asked == "username"


async def test_a_denial_is_found_by_the_code_on_its_page(party: RelyingParty, server: Server) -> None:
    page = await party.http.login((await party.begin()).url, CAROL, CALLBACK)
    denials = [record for record in server.audit() if record["event"] == "login.denied"]
    assert any(record["reference"] in page.text for record in denials)


async def test_the_portal_shows_a_tile_for_each_service_that_can_be_launched(
    server: Server, browsers: Browsers
) -> None:
    page = await browsers().login(f"{server.url}/", ALICE, "\0")
    assert page.status == 200
    assert LAUNCH in page.links
    assert sum(link.startswith("http://localhost:9/") for link in page.links) == 1


async def test_a_tile_needs_no_second_login(server: Server, browsers: Browsers) -> None:
    browser = browsers()
    await browser.login(f"{server.url}/", ALICE, "\0")
    party = RelyingParty(browser, server.url)
    pending = await party.begin()
    page = await browser.get(pending.url, CALLBACK)
    assert (await party.redeem(pending, party.code(pending, page))).claims["acr"]


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_a_wrong_answer_brings_a_new_table_and_says_so(
    server: Server, browsers: Browsers, nobody: Person, known: bool
) -> None:
    browser, person = browsers(), ALICE if known else nobody
    asked = await browser.answer(await browser.get(f"{server.url}/"), person.name)
    assert asked.table
    again = await browser.answer(asked, wrong_answer(PATTERN, asked.table))
    assert again.status == 200
    assert again.table and again.table != asked.table
    assert any(alert.strip() for alert in again.alerts)
    assert not asked.alerts
    if person is ALICE:  # leave her budget as it was
        assert (await browser.login(again, ALICE, "\0")).status == 200


async def test_the_page_can_be_asked_for_a_new_table(server: Server, browsers: Browsers) -> None:
    browser = browsers()
    asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    link = next(
        link for link in asked.links if f"interaction={asked.form.fields['interaction']}" in link
        and "restart" not in link and "ui_locales" not in link
    )  # fmt: skip
    fresh = await browser.get(f"{server.url}{link}")
    assert fresh.table and fresh.table != asked.table
    assert (await browser.login(fresh, ALICE, "\0")).status == 200


async def test_the_language_follows_the_browser_and_can_be_switched_during_a_login(
    server: Server, browsers: Browsers
) -> None:
    browser = browsers("ja,en;q=0.5")
    asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert asked.language == "ja"
    switch = next(link for link in asked.links if "ui_locales=en" in link)
    english = await browser.get(f"{server.url}{switch}")
    assert english.language == "en"
    assert english.table
    portal = await browser.login(english, ALICE, "\0")
    assert portal.language == "en"


async def test_a_service_may_wish_for_a_language(server: Server, browsers: Browsers) -> None:
    """OpenID Connect Core §3.1.2.1, ui_locales."""
    party = RelyingParty(browsers("en"), server.url)
    assert (await party.http.get((await party.begin(ui_locales="fr ja")).url)).language == "ja"


async def test_the_login_page_is_one_small_request(server: Server, browsers: Browsers) -> None:
    """Less than 30 kB with its style, and nothing in it that a strict policy would have to allow."""
    browser: Browser = browsers()
    asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert len(asked.body) < 30_000
    policy = asked.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
