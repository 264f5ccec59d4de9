"""Consent: asked where the service or the request wants it, remembered, taken back by the user."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.browser import Browser
from tests.page import Form, Page
from tests.people import ALICE
from tests.protocols.oidc.conftest import ERIN
from tests.protocols.oidc.prober import Prober
from tests.running import Browsers
from tests.server import Server

pytestmark = pytest.mark.both_stores


def decision(page: Page, word: str) -> Form:
    return next(form for form in page.forms if form.fields.get("decision") == word)


def query_of(page: Page) -> str:
    return (page.location or "").partition("?")[2]


@pytest.fixture
def remembered(rp: Prober) -> Prober:
    return rp.other("remembered", secret=rp.secret)


@pytest.fixture
def required(rp: Prober) -> Prober:
    return rp.other("required", secret=rp.secret)


async def asked(browser: Browser, client: Prober, person: object = ALICE, **changed: str | None) -> Page:
    """Until the question of consent, or the way back to the service."""
    page = await browser.login(client.address(**changed), person, "https://")  # type: ignore[arg-type]
    assert page.location or decision(page, "allow"), page.text
    return page


async def forget(browser: Browser, issuer: str) -> None:
    page = await browser.get(f"{issuer}/account/services")
    while page.forms:
        page = await browser.submit(page, {}, form=page.forms[0])


async def test_a_service_that_does_not_ask_gets_what_it_may(rp: Prober) -> None:
    assert "code" in (await rp.authorize()).query


async def test_it_is_asked_once_and_remembered(remembered: Prober, browsers: Browsers) -> None:
    browser = browsers()
    page = await asked(browser, remembered, scope="openid email")
    done = await browser.submit(page, {}, "https://", decision(page, "allow"))
    assert "code=" in query_of(done), done.text
    assert "code=" in query_of(await asked(browser, remembered, scope="openid email"))
    assert "code=" in query_of(await asked(browser, remembered, scope="openid"))
    silent = await browser.get(remembered.address(scope="openid email", prompt="none"), "https://")
    assert "code=" in query_of(silent)
    wider = await asked(browser, remembered, scope="openid email profile")
    assert wider.location is None  # more than was agreed to
    wish = json.dumps({"userinfo": {"name": None}})
    assert (await asked(browser, remembered, scope="openid email", claims=wish)).location is None
    await forget(browser, remembered.issuer)


async def test_a_claim_in_another_language_is_shared_as_the_claim_is(
    remembered: Prober, browsers: Browsers
) -> None:
    """OpenID Connect Core §5.2: `family_name#ja-Hani-JP` is of the scope profile, which he has not agreed to yet."""
    browser = browsers()
    page = await asked(browser, remembered, ERIN, scope="openid")
    assert "code=" in query_of(await browser.submit(page, {}, "https://", decision(page, "allow")))
    for member in ("userinfo", "id_token"):
        wish = json.dumps({member: {"family_name#ja-Hani-JP": None}})
        wider = await asked(browser, remembered, ERIN, scope="openid", claims=wish)
        assert wider.location is None, "it was given without being asked for"
        shared = await asked(browser, remembered, ERIN, scope="openid profile")
        assert wider.text.count("<li>") == shared.text.count("<li>"), "the page says less than is given"
    await forget(browser, remembered.issuer)


async def test_it_is_asked_every_time(required: Prober, browsers: Browsers) -> None:
    browser = browsers()
    for _ in range(2):
        page = await asked(browser, required)
        assert "code=" in query_of(await browser.submit(page, {}, "https://", decision(page, "allow")))
    await forget(browser, required.issuer)


async def test_prompt_consent_asks_in_any_case(rp: Prober, browsers: Browsers) -> None:
    """OpenID Connect Core §3.1.2.1."""
    browser = browsers()
    page = await asked(browser, rp, prompt="consent")
    done = await browser.submit(page, {}, "https://", decision(page, "allow"))
    assert "code=" in query_of(done)
    await forget(browser, rp.issuer)


@pytest.mark.parametrize("mode", [None, "fragment", "form_post"])
async def test_who_does_not_agree_sends_access_denied(
    required: Prober, browsers: Browsers, mode: str | None
) -> None:
    """RFC 6749 §4.1.2.1, in the mode that was asked for."""
    browser = browsers()
    page = await asked(browser, required, response_mode=mode)
    done = await browser.submit(page, {}, "https://", decision(page, "deny"))
    said = done.text if mode == "form_post" else done.location or ""
    assert "access_denied" in said
    assert "code=" not in said


async def test_nothing_is_asked_where_nothing_may_be(required: Prober) -> None:
    """OpenID Connect Core §3.1.2.6."""
    answer = await required.authorize(prompt="none")
    assert (answer.query["error"], answer.query["state"]) == ("consent_required", "a state")


async def test_the_page_says_what_is_shared_in_the_language_of_the_login(
    required: Prober, browsers: Browsers
) -> None:
    browser = browsers("en")
    page = await asked(browser, required, ui_locales="ja", scope="openid offline_access")
    assert page.language == "ja"
    assert page.text.count("<li>") >= 2
    assert "Cross-Origin-Opener-Policy" not in page.headers
    assert (await browser.get(page.url)).status == 200  # it can be reloaded


async def test_the_decision_is_taken_once(required: Prober, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15."""
    browser = browsers()
    page = await asked(browser, required)
    allow = decision(page, "allow")
    sent = [browser.request("POST", f"{required.issuer}/oidc/consent", allow.fields) for _ in range(10)]
    statuses = sorted(done.status for done in await asyncio.gather(*sent))
    assert statuses == [303] + [400] * 9
    await forget(browser, required.issuer)


async def test_another_browser_cannot_agree(required: Prober, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another."""
    alice, other = browsers(), browsers()
    page = await asked(alice, required)
    await asked(other, required, ERIN)
    allow = decision(page, "allow")
    for browser in (other, browsers()):
        assert (await browser.get(page.url)).status == 400
        forged = await browser.request("POST", f"{required.issuer}/oidc/consent", allow.fields)
        assert forged.status == 400
    assert "code=" in query_of(await alice.submit(page, {}, "https://", allow))
    await forget(alice, required.issuer)


async def test_another_session_in_the_browser_cannot_agree(required: Prober, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: two logins in one browser cannot swap identities."""
    browser = browsers()
    page = await asked(browser, required)
    await asked(browser, required, ERIN, prompt="login")
    done = await browser.submit(page, {}, "https://", decision(page, "allow"))
    assert done.status == 400


@pytest.mark.parametrize(
    "changed", [{"csrf": ""}, {"csrf": "x" * 24}, {"pending": "x" * 43}, {"pending": ""}]
)
async def test_a_form_that_is_not_ours_decides_nothing(
    required: Prober, browsers: Browsers, changed: dict[str, str]
) -> None:
    browser = browsers()
    page = await asked(browser, required)
    assert (await browser.submit(page, changed, "https://", decision(page, "allow"))).status == 400
    assert (await browser.get(page.url)).status == 200


async def test_a_pending_consent_is_no_pushed_request(required: Prober, browsers: Browsers) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    browser = browsers()
    page = await asked(browser, required)
    uri = f"urn:ietf:params:oauth:request_uri:{page.url.partition('pending=')[2]}"
    query = f"client_id=required&request_uri={uri}"
    refused = await browser.get(f"{required.issuer}/oidc/authorize?{query}")
    assert refused.status == 400
    assert "invalid_request_uri" in refused.text


async def test_the_user_takes_it_back_and_the_service_loses_its_tokens(
    remembered: Prober, browsers: Browsers, server: Server
) -> None:
    browser = browsers()
    page = await asked(browser, remembered)
    done = await browser.submit(page, {}, "https://", decision(page, "allow"))
    code = query_of(done).partition("code=")[2].partition("&")[0]
    tokens = (await remembered.redeem(code)).json
    listed = await browser.get(f"{server.url}/account/services")
    (form,) = listed.forms
    assert form.fields["service"] == "remembered"
    forged = await browser.submit(listed, {"csrf": "x"}, form=form)
    assert len(forged.forms) == 1
    assert (await remembered.userinfo(tokens["access_token"])).status == 200
    assert not (await browser.submit(listed, {}, form=form)).forms
    assert (await remembered.userinfo(tokens["access_token"])).status == 401
    assert (await remembered.refresh(tokens["refresh_token"])).error == "invalid_grant"
    assert (await asked(browser, remembered)).location is None
    events = [event["event"] for event in server.audit()]
    assert {"consent.given", "consent.revoked"} <= set(events)


async def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_list(
    server: Server, browsers: Browsers
) -> None:
    browser = browsers()
    page = await browser.login(f"{server.url}/account/services", ALICE, "https://")
    assert page.url == f"{server.url}/account/services"
    portal = await browser.get(f"{server.url}/")
    assert "/account" in portal.links
    assert "/account/services" in (await browser.get(f"{server.url}/account")).links
