"""The modules of the profile RP-Initiated Logout, each as its name says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from keys.jws import SigningKey
from tests.page import Page
from tests.protocols.oidc.signing_out import Visitor, browsers, database, results, services, site, visitor
from tests.running import Browsers

__all__ = ["browsers", "database", "services", "site", "visitor"]

Forge = Callable[[str, dict[str, Any]], str]


def encode(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(token: str, part: int) -> dict[str, Any]:
    text = token.split(".")[part]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


async def check_refused(visitor: Visitor, page: Page, name: str = "wiki") -> None:
    """An error on a page of ours, nobody is redirected, nobody is signed out; but he may sign out if he likes."""
    assert page.status == 400
    assert page.location is None and page.alerts
    assert visitor.services[name].afterwards not in page.text
    assert await visitor.is_in()
    done = await visitor.yes(page)
    assert done.status == 200 and done.location is None
    assert not await visitor.is_in()


async def test_oidcc_rp_initiated_logout(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    page = await visitor.leave("wiki")
    assert page.status == 303
    assert page.location == f"{visitor.services['wiki'].afterwards}&state=a+state"
    assert not await visitor.is_in()
    assert visitor.browser.cookie("session") is None


async def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(visitor: Visitor) -> None:
    said = await visitor.services["wiki"].party(visitor.browser, visitor.site.url).discover()
    assert said["end_session_endpoint"] == f"{visitor.site.url}/oidc/logout"


async def test_oidcc_rp_initiated_logout_bad_id_token_hint(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    for bad in ("nonsense", "a.b.c", "..", "é", "x" * 5000):
        page = await visitor.leave("wiki", id_token_hint=bad)
        assert page.status == 400 and page.location is None, bad
    await check_refused(visitor, page)


def altered(token: str, claims: dict[str, Any]) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{encode(claims | {'sub': 'another'})}.{signature}"


def unsigned(token: str, claims: dict[str, Any]) -> str:
    return f"{encode({'alg': 'none', 'typ': 'JWT'})}.{encode(claims)}."


def by_public_key(token: str, claims: dict[str, Any]) -> str:
    """HMAC with what everybody knows: the modulus of the key."""
    head = encode({**decode(token, 0), "alg": "HS256"})
    mac = hmac.digest(b"public", f"{head}.{encode(claims)}".encode(), hashlib.sha256)
    return f"{head}.{encode(claims)}.{encode(mac)}"


def by_own_key(token: str, claims: dict[str, Any]) -> str:
    return SigningKey.generate("ES256").sign(claims)


def with_embedded_key(token: str, claims: dict[str, Any]) -> str:
    key = SigningKey.generate("ES256")
    head, body, _ = key.sign(claims).split(".")
    head = encode({**decode(f"{head}.", 0), "jwk": dict(key.public)})
    return f"{head}.{body}.{encode(b'x' * 64)}"


@pytest.mark.parametrize("forge", [altered, unsigned, by_public_key, by_own_key, with_embedded_key])
async def test_oidcc_rp_initiated_logout_modified_id_token_hint(visitor: Visitor, forge: Forge) -> None:
    """The hint's signature by our ring only; THREAT_MODEL.md 11: `none`, an HMAC, an embedded key: refused."""
    await visitor.enter("wiki")
    token = visitor.tokens["wiki"].id_token
    page = await visitor.leave("wiki", id_token_hint=forge(token, decode(token, 1)))
    await check_refused(visitor, page)


async def test_a_token_of_ours_that_is_no_id_token_is_no_hint(visitor: Visitor) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another: a logout token as hint."""
    await visitor.enter("wiki")
    await visitor.leave("wiki")
    (token,) = visitor.services["wiki"].logout_tokens
    await visitor.enter("wiki")
    await check_refused(visitor, await visitor.leave("wiki", id_token_hint=token))


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example/", "{}/", "{}#x", "{}%00", "HTTP://localhost", "http://localhost:1/signed-out?from=idp"],
)  # fmt: skip
async def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(visitor: Visitor, uri: str) -> None:
    """Exact: not even the port of a loopback address may vary."""
    await visitor.enter("wiki")
    bad = uri.format(visitor.services["wiki"].afterwards)
    await check_refused(visitor, await visitor.leave("wiki", post_logout_redirect_uri=bad), "mail")


async def test_another_clients_post_logout_redirect_uri_is_bad(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    other = visitor.services["mail"].afterwards
    await check_refused(visitor, await visitor.leave("wiki", post_logout_redirect_uri=other), "mail")


async def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    added = f"{visitor.services['wiki'].afterwards}&foo=bar"
    await check_refused(visitor, await visitor.leave("wiki", post_logout_redirect_uri=added))


async def test_oidcc_rp_initiated_logout_no_id_token_hint(visitor: Visitor) -> None:
    """Nobody vouches for the address: it is not used."""
    await visitor.enter("wiki")
    await check_refused(visitor, await visitor.leave("wiki", id_token_hint=None))


async def test_without_a_hint_but_with_client_id_the_user_is_asked_first(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    page = await visitor.leave("wiki", id_token_hint=None, client_id="wiki")
    assert page.status == 200 and "Service wiki" in page.text
    assert await visitor.is_in()
    gone = await visitor.yes(page)
    assert gone.location == f"{visitor.services['wiki'].afterwards}&state=a+state"
    assert not await visitor.is_in()


async def test_oidcc_rp_initiated_logout_no_params(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    page = await visitor.browser.request("GET", visitor.address())
    assert page.status == 200 and await visitor.is_in()
    done = await visitor.yes(page)
    assert done.status == 200 and results(done) == {"Service wiki": "done"}
    assert not await visitor.is_in()


async def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    page = await visitor.leave("wiki", post_logout_redirect_uri=None)
    assert page.status == 200 and results(page) == {"Service wiki": "done"}
    assert not await visitor.is_in()


async def test_oidcc_rp_initiated_logout_no_state(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    assert (await visitor.leave("wiki", state=None)).location == visitor.services["wiki"].afterwards


async def test_oidcc_rp_initiated_logout_only_state(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    page = await visitor.browser.request("GET", visitor.address(state="a state"))
    assert page.status == 200 and await visitor.is_in()
    done = await visitor.yes(page)
    assert done.status == 200 and not await visitor.is_in()


async def test_client_id_must_be_the_hints(visitor: Visitor) -> None:
    """RP-Initiated Logout §2."""
    await visitor.enter("wiki")
    assert (await visitor.leave("wiki", client_id="mail")).status == 400
    assert (await visitor.leave("wiki", id_token_hint=None, client_id="unknown")).status == 400
    assert (await visitor.leave("wiki", client_id="wiki")).status == 303


async def test_a_hint_of_another_session_is_asked_about(visitor: Visitor, browsers: Browsers) -> None:
    """Whoever has an ID token of his own, or an old one of hers, cannot sign her out by a link."""
    await visitor.enter("wiki")
    other = Visitor(visitor.site, visitor.services, browsers())
    await other.enter("wiki", person=visitor.site.bob)
    foreign = other.tokens["wiki"].id_token
    page = await visitor.leave("wiki", id_token_hint=foreign)
    assert page.status == 200 and await visitor.is_in()
    assert (await visitor.leave("wiki", id_token_hint=foreign)).location is None
    assert await other.is_in()


async def test_the_answer_must_come_from_our_own_page(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    address = f"{visitor.site.url}/oidc/logout/confirmed"
    for csrf in ("", "guessed"):
        page = await visitor.browser.request("POST", address, {"csrf": csrf, "client_id": "wiki"})
        assert page.status == 200 and page.forms
        assert await visitor.is_in()


async def test_who_is_signed_out_already_goes_straight_on(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    assert (await visitor.leave("wiki")).status == 303
    assert (await visitor.leave("wiki")).location == f"{visitor.services['wiki'].afterwards}&state=a+state"


async def test_by_post_from_another_site(visitor: Visitor) -> None:
    """§2: GET and POST. A browser keeps our cookie from a foreign site's form, and sends it when redirected."""
    await visitor.enter("wiki")
    form = {
        "id_token_hint": visitor.tokens["wiki"].id_token,
        "post_logout_redirect_uri": visitor.services["wiki"].afterwards,
        "state": "<&>",
    }
    posted = await visitor.browser.request("POST", f"{visitor.site.url}/oidc/logout", form, cookies=False)
    assert posted.status == 303 and await visitor.is_in()
    gone = await visitor.browser.get(posted.location or "", visitor.services["wiki"].url)
    assert gone.location == f"{visitor.services['wiki'].afterwards}&state=%3C%26%3E"
    await visitor.enter("wiki")
    form["id_token_hint"] = visitor.tokens["wiki"].id_token
    same_site = await visitor.browser.request("POST", f"{visitor.site.url}/oidc/logout", form)
    assert same_site.location == gone.location
    assert not await visitor.is_in()


async def test_ui_locales(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    assert (await visitor.browser.request("GET", visitor.address(ui_locales="ja"))).language == "ja"
    form = {"ui_locales": "fr ja"}
    assert (await visitor.browser.request("POST", f"{visitor.site.url}/oidc/logout", form)).language == "ja"


@pytest.mark.parametrize(
    "query", ["state=1&state=2", "state=%ff", "state=%00", "&".join(f"a{n}=1" for n in range(70))]
)
async def test_a_malformed_request_is_refused(visitor: Visitor, query: str) -> None:
    await visitor.enter("wiki")
    page = await visitor.browser.request("GET", f"{visitor.site.url}/oidc/logout?{query}")
    assert page.status == 400 and await visitor.is_in()


async def test_every_sign_out_is_in_the_audit_log_with_service_and_reason(visitor: Visitor) -> None:
    await visitor.enter("wiki", "mail", "files")
    sid = visitor.sid
    await visitor.leave("wiki", post_logout_redirect_uri="https://evil.example/")
    await visitor.leave("wiki")
    log = [event for event in visitor.site.audit(limit=60) if event["details"].get("sid") == sid]
    seen = {(event["event"], event["service"]): event for event in log}
    assert seen["session.ended", "wiki"]["details"]["reason"] == "service"
    assert ("logout.done", "wiki") in seen
    assert ("logout.unsupported", "mail") in seen
    assert ("logout.asked", "files") in seen
    refusals = [event for event in visitor.site.audit(limit=60) if event["event"] == "logout.refused"]
    assert any("post_logout_redirect_uri" in event["details"]["reason"] for event in refusals)
    assert "evil" not in str(refusals)
