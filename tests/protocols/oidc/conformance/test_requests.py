"""The modules about how a request is read: parameters, redirect URIs, request objects."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from protocols.oidc.settings import ServiceSettings
from tests.browser import Browser
from tests.people import ALICE
from tests.protocols.oidc.prober import Prober, claims
from tests.protocols.oidc.signer import sign
from tests.running import Browsers

UNSIGNED = "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJ3aWtpIn0."


@pytest.mark.parametrize("mode", [None, "form_post"])
async def test_oidcc_ensure_post_request_succeeds(rp: Prober, browsers: Browsers, mode: str | None) -> None:
    """Core §3.1.2.1. A form of another site brings no cookie, and yet the session is found."""
    browser: Browser = browsers()
    await browser.login(rp.address(), ALICE, "https://")
    request, stop = rp.request(prompt="none", **({"response_mode": mode} if mode else {})), "https://"
    address = f"{rp.issuer}/oidc/authorize"
    bounced = await browser.request("POST", address, request, cookies=False)
    assert bounced.status == 303
    page = await browser.get(bounced.location or "", stop)
    if mode:
        assert "code" in page.forms[0].fields
    else:
        assert "code=" in (page.location or ""), page.text
    again = await browser.get(bounced.location or "", stop)
    assert again.status == 400  # it is there once


async def test_a_posted_request_leads_to_a_login_that_can_be_reloaded(rp: Prober, browsers: Browsers) -> None:
    browser: Browser = browsers()
    request = rp.request(ui_locales="ja")
    page = await browser.request("POST", f"{rp.issuer}/oidc/authorize", request)
    asked = await browser.get(page.location or "")
    assert (asked.asked, asked.language) == ("username", "ja")
    again = await browser.get(asked.url)
    assert (again.asked, again.language) == ("username", "ja")
    done = await browser.login(again, ALICE, "https://")
    assert "code=" in (done.location or "")


async def test_a_fault_of_a_posted_request_is_told_at_once(rp: Prober) -> None:
    rp.cookie = ""
    answer = await rp.authorize_by_post(code_challenge=None)
    assert answer.query["error"] == "invalid_request"


async def test_oidcc_ensure_redirect_uri_in_authorization_request(rp: Prober) -> None:
    """Core §3.1.2.1: required even where one is registered."""
    answer = await rp.authorize(redirect_uri=None)
    assert answer.status == 400
    assert "Location" not in answer.headers


async def test_oidcc_ensure_registered_redirect_uri(rp: Prober) -> None:
    for mode in (None, "fragment", "form_post"):
        answer = await rp.authorize(redirect_uri="https://evil.example/cb", response_mode=mode)
        assert answer.status == 400
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers["Content-Security-Policy"]


async def test_oidcc_redirect_uri_query_OK(rp: Prober) -> None:
    answer = await rp.authorize(redirect_uri="https://wiki.example.com/cb?tenant=1")
    assert answer.headers["Location"].startswith("https://wiki.example.com/cb?tenant=1&code=")


@pytest.mark.parametrize("query", ["tenant=1&foo=bar", "foo=bar"])
async def test_oidcc_redirect_uri_query_added(rp: Prober, query: str) -> None:
    assert (await rp.authorize(redirect_uri=f"https://wiki.example.com/cb?{query}")).status == 400


async def test_oidcc_redirect_uri_query_mismatch(rp: Prober) -> None:
    assert (await rp.authorize(redirect_uri="https://wiki.example.com/cb?tenant=2")).status == 400


def test_oidcc_redirect_uri_regfrag() -> None:
    """RFC 6749 §3.1.2."""
    with pytest.raises(ValidationError, match="without fragment"):
        ServiceSettings(
            client_id="wiki",
            token_endpoint_auth_method="none",
            redirect_uris=("https://wiki.example.com/cb#fragment",),
        )


async def test_oidcc_ensure_request_with_unknown_parameter_succeeds(rp: Prober) -> None:
    """RFC 6749 §3.1."""
    assert "code" in (await rp.authorize(extra="foobar")).query


async def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    rp: Prober,
) -> None:
    assert (await rp.authorize(request=UNSIGNED)).query["error"] == "request_not_supported"


async def test_oidcc_ensure_request_object_with_redirect_uri(rp: Prober) -> None:
    """Core §6.1: the redirect URI of the object counts, and it alone is needed."""
    signing = rp.other("signing", secret=rp.secret)
    inside = signing.request(state="inside")
    both = await signing.authorize(request=sign(inside), redirect_uri=None, state="outside")
    assert both.query["state"] == "inside"
    evil = await signing.authorize(request=sign({**inside, "redirect_uri": "https://evil.example/"}))
    assert evil.status == 400


@pytest.mark.parametrize("uri", ["https://wiki.example.com/r", "http://169.254.169.254/", "data:,x", "urn:x"])
async def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    rp: Prober, uri: str
) -> None:
    """Core §6.2; THREAT_MODEL.md 25: nothing is fetched."""
    assert (await rp.authorize(request_uri=uri)).query["error"] == "request_uri_not_supported"
    signing = rp.other("signing", secret=rp.secret)
    assert (await signing.authorize(request_uri=uri)).query["error"] == "request_uri_not_supported"


async def test_oidcc_request_uri_unsigned(rp: Prober) -> None:
    """Core §6.2, §3.1.2.6: said to the client with its state, also where the browser has a session."""
    answer = await rp.authorize(request_uri="https://wiki.example.com/object.jwt", state="kept")
    assert (answer.query["error"], answer.query["state"]) == ("request_uri_not_supported", "kept")
    assert "code" not in answer.query


async def test_oidcc_request_uri_signed_rs256(rp: Prober) -> None:
    """Core §6.2: not even where the client could sign what lies there."""
    signing = rp.other("signing", secret=rp.secret)
    answer = await signing.authorize(request_uri="https://signing.example.com/object.jwt")
    assert answer.query["error"] == "request_uri_not_supported"


async def test_oidcc_display_page(rp: Prober) -> None:
    """Core §3.1.2.1."""
    assert "code" in (await rp.authorize(display="page")).query
    rp.cookie = ""
    assert (await rp.authorize(display="page")).page.asked == "username"


@pytest.mark.parametrize("display", ["popup", "touch", "wap", "bogus"])
async def test_oidcc_display_popup(rp: Prober, display: str) -> None:
    """Core §3.1.2.1: our pages fit, and keep the tie to the window that opened them."""
    assert "code" in (await rp.authorize(display=display)).query
    rp.cookie = ""
    asked = await rp.authorize(display=display)
    assert asked.page.asked == "username"
    assert "Cross-Origin-Opener-Policy" not in asked.headers


async def test_oidcc_ui_locales(rp: Prober, browsers: Browsers) -> None:
    """Core §3.1.2.1: the language of this login to its end, and of no other page."""
    browser: Browser = browsers("en")
    page = await browser.get(rp.address(ui_locales="xx ja-JP en"))
    assert page.language == "ja"
    page = await browser.answer(page, "alice")
    assert page.language == "ja"
    wrong = await browser.answer(page, "000000")
    assert wrong.language == "ja"
    portal = await browser.get(f"{rp.issuer}/")
    assert portal.language == "en"
    done = await browser.login(wrong, ALICE, "https://")
    assert "code=" in (done.location or "")


@pytest.mark.parametrize("name", ["acr_values", "login_hint", "claims_locales", "ui_locales", "display"])
async def test_a_wish_sent_twice_is_refused(rp: Prober, name: str) -> None:
    """RFC 6749 §3.1."""
    query = rp.address(**{name: "x"}).partition("?")[2]
    assert (await rp.get(f"/oidc/authorize?{query}&{name}=x")).status == 400


async def test_oidcc_login_hint(rp: Prober) -> None:
    rp.cookie = ""
    asked = await rp.authorize(login_hint="alice")
    assert asked.page.form.fields["username"] == "alice"


async def test_oidcc_id_token_hint(rp: Prober) -> None:
    """Core §3.1.2.1: the same user, silently."""
    first = (await rp.tokens())["id_token"]
    second = (await rp.tokens(prompt="none", id_token_hint=first))["id_token"]
    assert claims(first)["sub"] == claims(second)["sub"]
