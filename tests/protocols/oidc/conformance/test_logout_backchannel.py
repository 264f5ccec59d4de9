"""The modules of the profile Back-Channel Logout, and what becomes of services that cannot be reached."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from idp.web import outbound
from tests.people import ALICE
from tests.protocols.oidc.prober import claims
from tests.protocols.oidc.signing_out import Visitor, browsers, database, results, services, site, visitor
from tests.running import Browsers

pytestmark = pytest.mark.both_stores

__all__ = ["browsers", "database", "services", "site", "visitor"]

EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def sign_out_at_the_portal(visitor: Visitor) -> str:
    """By our own button; the text of the page."""
    page = await visitor.browser.request("GET", f"{visitor.site.url}/logout")
    return (await visitor.yes(page)).text


async def test_oidcc_backchannel_logout_discovery_endpoint_verification(visitor: Visitor) -> None:
    said = await visitor.services["wiki"].party(visitor.browser, visitor.site.url).discover()
    assert said["backchannel_logout_supported"] is True
    assert said["backchannel_logout_session_supported"] is True


async def test_oidcc_backchannel_rp_initiated_logout(visitor: Visitor) -> None:
    """The logout token has all that §2.4 requires and nothing that it forbids, and names the session."""
    await visitor.enter("wiki")
    page = await visitor.leave("wiki")
    assert page.location == f"{visitor.services['wiki'].afterwards}&state=a+state"
    (token,) = visitor.services["wiki"].logout_tokens
    header, said = await visitor.verified(token, "wiki")
    assert header["typ"] == "logout+jwt"
    assert header["alg"] == "RS256", "the algorithm of the client's ID tokens"
    assert said.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}
    assert said["iss"] == visitor.site.url
    assert said["sub"] == visitor.tokens["wiki"].claims["sub"]
    assert said["sid"] == visitor.tokens["wiki"].claims["sid"]
    assert said["events"] == {EVENT: {}}
    assert abs(said["iat"] - time.time()) < 30 and 0 < said["exp"] - said["iat"] <= 120
    assert "nonce" not in said


async def test_the_session_ends_everywhere_it_went(visitor: Visitor) -> None:
    """Each service once, with the same sid, each token its own; services that it did not go to hear nothing."""
    await visitor.enter("wiki", "desk", "mail")
    await visitor.enter("wiki")
    page = await visitor.leave("wiki", post_logout_redirect_uri=None)
    tokens = [visitor.services[name].logout_tokens for name in ("wiki", "desk")]
    assert [len(each) for each in tokens] == [1, 1]
    said = [
        (await visitor.verified(each[0], name))[1]
        for each, name in zip(tokens, ("wiki", "desk"), strict=True)
    ]
    assert {each["sid"] for each in said} == {visitor.sid}
    assert len({each["jti"] for each in said}) == 2
    assert visitor.services["slow"].logout_tokens == []
    assert results(page) == {"Service wiki": "done", "Service desk": "done", "Service mail": "unsupported"}


async def test_the_portals_own_sign_out_does_the_same(visitor: Visitor) -> None:
    await visitor.enter("wiki", "mail")
    text = await sign_out_at_the_portal(visitor)
    assert len(visitor.services["wiki"].logout_tokens) == 1
    assert 'class="done"><span>Service wiki' in text
    assert 'class="unsupported"><span>Service mail' in text


async def test_other_sessions_of_the_user_stay(visitor: Visitor, browsers: Browsers) -> None:
    other = Visitor(visitor.site, visitor.services, browsers())
    await visitor.enter("wiki")
    await other.enter("wiki")
    await visitor.leave("wiki")
    assert await other.is_in()
    userinfo = await other.parties["wiki"].userinfo(other.tokens["wiki"].access_token)
    assert userinfo.status == 200


async def test_what_was_given_in_the_session_is_taken_back(visitor: Visitor) -> None:
    """§2.7: access tokens and refresh tokens go, except what was given for use without the user."""
    await visitor.enter("wiki", "app")
    await visitor.leave("wiki")
    party, app = visitor.parties["wiki"], visitor.parties["app"]
    assert (await party.userinfo(visitor.tokens["wiki"].access_token)).status == 401
    assert len(visitor.services["app"].logout_tokens) == 1, "it hears of the end of the session all the same"
    token = visitor.tokens["app"].refresh_token
    assert token is not None
    answer = await app.token(grant_type="refresh_token", refresh_token=token)
    assert answer.status == 200, answer.text


async def test_a_code_of_the_session_is_worth_nothing_afterwards(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    party = visitor.parties["wiki"]
    pending = await party.begin()
    code = party.code(pending, await visitor.browser.get(pending.url, party.redirect_uri))
    await visitor.leave("wiki")
    answer = await party.token(
        grant_type="authorization_code", code=code, redirect_uri=party.redirect_uri,
        code_verifier=pending.verifier,
    )  # fmt: skip
    assert json.loads(answer.body)["error"] == "invalid_grant"


async def test_services_are_told_at_once_and_nobody_waits_for_the_slow(visitor: Visitor) -> None:
    """In parallel, with a time limit; the page says who could not be reached."""
    await visitor.enter("wiki", "slow", "desk")
    visitor.services["wiki"].pause = visitor.services["desk"].pause = 2
    visitor.services["slow"].pause = 60
    began = time.monotonic()
    page = await visitor.leave("wiki")
    assert time.monotonic() - began < 2 + outbound.SECONDS + 2, "as long as one after the other"
    assert page.location is None, "there is something that the user must know"
    assert results(page) == {"Service wiki": "done", "Service slow": "pending", "Service desk": "done"}
    assert f'href="{visitor.services["wiki"].afterwards}&amp;state=a+state"' in page.text
    assert not await visitor.is_in()


async def test_who_could_not_be_reached_is_told_later_by_any_node(visitor: Visitor) -> None:
    await visitor.enter("slow")
    slow = visitor.services["slow"]
    slow.status = 503
    page = await visitor.leave("slow")
    assert results(page) == {"Service slow": "pending"}
    (waiting,) = [each for each in visitor.site.pending() if each["sid"] == visitor.sid]
    assert (waiting["service"], waiting["attempts"], waiting["failure"]) == ("slow", 1, "it answered 503")
    slow.status = 200
    until = time.monotonic() + 30
    while len(tokens := [each for each in slow.logout_tokens if claims(each)["sid"] == visitor.sid]) < 2:
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    first, second = [(await visitor.verified(token, "slow"))[1] for token in tokens]
    assert first["jti"] != second["jti"] and first["sub"] == second["sub"]
    for _ in range(50):
        if not [each for each in visitor.site.pending() if each["sid"] == visitor.sid]:
            break
        await asyncio.sleep(0.1)
    log = [
        (each["event"], each["details"].get("reason"), each["details"].get("attempts"))
        for each in reversed(visitor.site.audit(limit=40))
        if each["service"] == "slow"
        and each["details"].get("sid") == visitor.sid
        and each["event"] != "session.ended"
    ]
    assert log == [("logout.pending", "it answered 503", 1), ("logout.done", None, 2)]
    await asyncio.sleep(2)
    told = [each for each in slow.logout_tokens if claims(each)["sid"] == visitor.sid]
    assert len(told) == 2, "once it has confirmed, it is left in peace"


async def test_another_user_in_the_same_browser_ends_the_session_before(visitor: Visitor) -> None:
    """The services of the one who was there must not keep him signed in for the next."""
    await visitor.enter("wiki")
    sid = visitor.sid
    pending = await visitor.parties["wiki"].begin(prompt="login")
    page = await visitor.browser.login(pending.url, visitor.site.bob, visitor.services["wiki"].callback)
    assert page.location
    await visitor.services["wiki"].told()
    _, said = await visitor.verified(visitor.services["wiki"].logout_tokens[0], "wiki")
    assert said["sid"] == sid
    assert (await visitor.parties["wiki"].userinfo(visitor.tokens["wiki"].access_token)).status == 401


async def test_signing_in_again_keeps_the_session_and_tells_nobody(visitor: Visitor) -> None:
    await visitor.enter("wiki")
    sid = visitor.sid
    visitor.tokens["wiki"] = await visitor.parties["wiki"].login(ALICE, prompt="login")
    assert visitor.sid == sid
    await asyncio.sleep(2)
    assert visitor.services["wiki"].logout_tokens == []


async def test_50_who_press_the_button_at_once_tell_each_service_once(visitor: Visitor) -> None:
    """A session ends once, whoever asks for it how often."""
    await visitor.enter("wiki")
    address = visitor.address(id_token_hint=visitor.tokens["wiki"].id_token)
    await asyncio.gather(*(visitor.browser.request("GET", address) for _ in range(50)))
    await asyncio.sleep(1)
    assert len(visitor.services["wiki"].logout_tokens) == 1
