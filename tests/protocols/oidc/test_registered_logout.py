"""Registered clients are told that a session ended, each by itself; and consents to them, each by itself."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.logout.delivering import FIRST_RETRY_SECONDS
from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE
from tests.protocols.oidc.prober import Prober, claims
from tests.protocols.oidc.proxied import HOME, Publisher
from tests.protocols.oidc.registrar import CALLBACK, Registrar, changeable
from tests.protocols.oidc.signing_out import results
from tests.running import Browsers
from tests.server import Server, eventually

pytestmark = pytest.mark.both_stores

AFTERWARDS = "https://rp.example.com/bye"


async def enter(browser: Browser, newcomer: Registrar, told: dict[str, Any]) -> dict[str, Any]:
    """alice signs in to the client in this browser; the claims of her ID token, and it itself under `raw`."""
    client = newcomer.client(told)
    page = await browser.login(client.address(scope="openid"), ALICE, client.redirect_uri)
    code = (page.location or "").partition("code=")[2].partition("&")[0]
    redeemed = await client.redeem(code)
    assert redeemed.status == 200, redeemed.text
    raw = redeemed.json["id_token"]
    return {**claims(raw), "raw": raw, "access_token": redeemed.json["access_token"]}


async def sign_out(browser: Browser, issuer: str) -> Page:
    page = await browser.get(f"{issuer}/logout")
    return await browser.submit(page, {}, form=next(form for form in page.forms if form.method == "post"))


async def verified(prober: Prober, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await prober.get("/oidc/jwks")).json)
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


async def test_each_is_told_by_its_own_channel(
    newcomer: Registrar, publisher: Publisher, browsers: Browsers
) -> None:
    """Back-Channel Logout §2.2, Front-Channel Logout §2: by client, though all of them are one service."""
    browser = browsers()
    one, other, _ = [
        await newcomer.registered(
            client_name=name,
            backchannel_logout_uri=f"{HOME}/out/{name}",
            backchannel_logout_session_required=True,
        )
        for name in ("one", "other", "unused")
    ]
    assert one["backchannel_logout_session_required"] is True
    front = await newcomer.registered(
        client_name="front", frontchannel_logout_uri="https://rp.example.com/out",
        frontchannel_logout_session_required=True,
    )  # fmt: skip
    silent = await newcomer.registered(client_name="silent")
    held = {told["client_id"]: await enter(browser, newcomer, told) for told in (one, other, front, silent)}
    page = await sign_out(browser, newcomer.issuer)
    assert publisher.logout_tokens.keys() == {"/out/one", "/out/other"}, (
        "each once, and none that it did not go to"
    )
    for told in (one, other):
        (token,) = publisher.logout_tokens[f"/out/{told['client_name']}"]
        said = await verified(newcomer.prober, token)
        assert said["aud"] == told["client_id"]
        assert {"sub": said["sub"], "sid": said["sid"]} == {
            name: held[told["client_id"]][name] for name in ("sub", "sid")
        }
    place = "(rp.example.com)"
    assert results(page) == {
        f"one {place}": "done",
        f"other {place}": "done",
        f"front {place}": "asked",
        f"silent {place}": "unsupported",
    }
    assert f"sid={held[front['client_id']]['sid']}" in page.text


async def test_one_that_asks_for_the_logout_is_done_the_others_are_not(
    newcomer: Registrar, browsers: Browsers
) -> None:
    """RP-Initiated Logout §2, §3: with the name and the address that the client registered."""
    browser = browsers()
    leaving = await newcomer.registered(client_name="leaving", post_logout_redirect_uris=[AFTERWARDS])
    staying = await newcomer.registered(client_name="staying")
    given = await enter(browser, newcomer, leaving)
    hint = f"id_token_hint={given['raw']}&post_logout_redirect_uri={AFTERWARDS}&state=s"
    alone = await browser.get(f"{newcomer.issuer}/oidc/logout?{hint}", AFTERWARDS)
    assert alone.location == f"{AFTERWARDS}?state=s"
    given = await enter(browser, newcomer, leaving)
    await enter(browser, newcomer, staying)
    hint = f"id_token_hint={given['raw']}&post_logout_redirect_uri={AFTERWARDS}"
    page = await browser.get(f"{newcomer.issuer}/oidc/logout?{hint}", AFTERWARDS)
    assert results(page) == {"leaving (rp.example.com)": "done", "staying (rp.example.com)": "unsupported"}
    assert AFTERWARDS in page.links
    unregistered = await browser.get(f"{newcomer.issuer}/oidc/logout?{hint}/x")
    assert unregistered.status == 400


async def test_one_that_cannot_be_reached_is_told_later_by_its_id(
    newcomer: Registrar, proxied: Server, publisher: Publisher, browsers: Browsers
) -> None:
    """By whatever address it has then; one that has deleted itself is not."""
    browser = browsers()
    late = await newcomer.registered(backchannel_logout_uri="http://localhost:9/out")
    gone = await newcomer.registered(backchannel_logout_uri="http://localhost:9/out")
    for told in (late, gone):
        await enter(browser, newcomer, told)
    page = await sign_out(browser, newcomer.issuer)
    assert set(results(page).values()) == {"pending"}
    assert {late["client_id"], gone["client_id"]} == {each["client_id"] for each in proxied.pending()}
    moved = {**changeable(late), "backchannel_logout_uri": f"{HOME}/out/late"}
    assert (await newcomer.manage("PUT", late, moved)).status == 200
    assert (await newcomer.manage("DELETE", gone)).status == 204
    proxied.advance(FIRST_RETRY_SECONDS)
    await eventually(lambda: publisher.logout_tokens.get("/out/late"))
    assert "logout.unsupported" in {event["event"] for event in proxied.audit(limit=50)}


async def test_a_logout_address_is_one_that_the_client_may_have(newcomer: Registrar) -> None:
    for metadata in (
        {"frontchannel_logout_uri": "https://elsewhere.example.com/out"},
        {"backchannel_logout_uri": "http://rp.example.com/out"},
        {"backchannel_logout_uri": "javascript:alert(1)"},
        {"backchannel_logout_session_required": "yes"},
    ):
        assert (await newcomer.register(**metadata)).error == "invalid_client_metadata", metadata


async def ask(browser: Browser, client: Prober) -> Page:
    return await browser.login(client.address(scope="openid email"), ALICE, CALLBACK)


async def allow(browser: Browser, page: Page) -> str:
    form = next(form for form in page.forms if form.fields.get("decision") == "allow")
    return (await browser.submit(page, {}, CALLBACK, form)).location or ""


async def test_consent_is_remembered_and_taken_back_for_one_client_alone(
    asking: Registrar, browsers: Browsers
) -> None:
    browser = browsers()
    told = [await asking.registered(client_name=name) for name in ("first", "second")]
    first, second = map(asking.client, told)
    granted = {}
    for client in (first, second):
        location = await allow(browser, await ask(browser, client))
        code = location.partition("code=")[2].partition("&")[0]
        granted[client.client_id] = (await client.redeem(code)).json["access_token"]
        assert "code=" in ((await ask(browser, client)).location or ""), "asked once"
    page = await browser.get(f"{asking.issuer}/account/services")
    assert "first (rp.example.com)" in page.text and "second (rp.example.com)" in page.text
    form = next(form for form in page.forms if form.fields.get("service", "").endswith(first.client_id))
    page = await browser.submit(page, {}, form=form)
    assert "first (rp.example.com)" not in page.text and "second (rp.example.com)" in page.text
    assert (await first.userinfo(granted[first.client_id])).status == 401
    assert (await second.userinfo(granted[second.client_id])).status == 200
    assert "code=" in ((await ask(browser, second)).location or "")
    assert not (await ask(browser, first)).location


async def test_consent_is_to_the_name_and_the_place_that_the_page_showed(
    asking: Registrar, browsers: Browsers
) -> None:
    """A client that changes either is not the one that the user agreed to."""
    browser = browsers()
    told = await asking.registered(client_name="Notes")
    assert "code=" in await allow(browser, await ask(browser, asking.client(told)))
    changed = await asking.manage("PUT", told, {**changeable(told), "client_name": "Bank"})
    assert json.loads(changed.text)["client_name"] == "Bank"
    page = await ask(browser, asking.client(told))
    assert not page.location
    assert "Bank (rp.example.com)" in page.text


async def test_the_page_names_the_place_where_this_very_request_leads(
    asking: Registrar, browsers: Browsers
) -> None:
    """A client may have several: the first, a well-known one, must not vouch for the one that gets the code."""
    browser, thief = browsers(), "https://thief.example.net/cb"
    told = await asking.registered(client_name="Notes", redirect_uris=[CALLBACK, thief])
    assert "code=" in await allow(browser, await ask(browser, asking.client(told)))
    client = asking.client({**told, "redirect_uris": [thief]})
    page = await browser.get(client.address(scope="openid email"), thief)
    assert not page.location, "what the user agreed to was another place"
    assert "Notes (thief.example.net)" in page.text
    assert "rp.example.com" not in page.text
    page = await browsers().get(client.address(scope="openid email"))
    assert "Notes (thief.example.net)" in page.text, "also where he signs in"


async def test_an_app_that_listens_at_another_port_each_time_is_at_one_place(
    asking: Registrar, browsers: Browsers
) -> None:
    browser, told = browsers(), await asking.registered(redirect_uris=["http://127.0.0.1/cb"])
    first, second = (
        asking.client({**told, "redirect_uris": [f"http://127.0.0.1:{port}/cb"]}) for port in (1001, 1002)
    )
    page = await browser.login(first.address(scope="openid"), ALICE, first.redirect_uri)
    form = next(form for form in page.forms if form.fields.get("decision") == "allow")
    assert "code=" in ((await browser.submit(page, {}, first.redirect_uri, form)).location or "")
    page = await browser.get(second.address(scope="openid"), second.redirect_uri)
    assert "code=" in (page.location or ""), "asked once"


async def test_the_page_names_the_place_where_a_logout_leads(asking: Registrar, browsers: Browsers) -> None:
    away = "https://thief.example.net/bye"
    told = await asking.registered(client_name="Notes", post_logout_redirect_uris=[away])
    query = urlencode({"client_id": told["client_id"], "post_logout_redirect_uri": away})
    page = await browsers().get(f"{asking.issuer}/oidc/logout?{query}")
    assert "Notes (thief.example.net)" in page.text


async def test_consent_is_to_the_name_on_the_page_not_to_one_taken_meanwhile(
    asking: Registrar, browsers: Browsers
) -> None:
    browser = browsers()
    told = await asking.registered(client_name="Notes")
    page = await ask(browser, asking.client(told))
    assert "Notes (rp.example.com)" in page.text
    await asking.manage("PUT", told, {**changeable(told), "client_name": "Bank"})
    assert "code=" in await allow(browser, page)
    page = await ask(browser, asking.client(told))
    assert not page.location
    assert "Bank (rp.example.com)" in page.text
