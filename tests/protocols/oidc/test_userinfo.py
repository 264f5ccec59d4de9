"""Userinfo: claims for the bearer, by scope, and only while the user may."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Prober, claims
from tests.server import Server


async def test_each_way_of_bringing_the_token(rp: Prober) -> None:
    """oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body."""
    token = (await rp.tokens())["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answers = [
        await rp.get("/oidc/userinfo", bearer),
        await rp.get("/oidc/userinfo", {"Authorization": f"bearer {token}"}),
        await rp.post("/oidc/userinfo", "", bearer),
        await rp.post("/oidc/userinfo", urlencode({"access_token": token})),
    ]
    for answer in answers:
        assert answer.status == 200
        assert answer.json["email"] == "alice@example.com"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_without_a_token_there_is_a_challenge_and_no_error(rp: Prober) -> None:
    """RFC 6750 §3.1; a token in the address is not looked at (RFC 9700 §4.3.2)."""
    token = (await rp.tokens())["access_token"]
    for path in ("/oidc/userinfo", f"/oidc/userinfo?access_token={token}"):
        answer = await rp.get(path)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert "error" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["nonsense", "x" * 5000, "é", "' OR 1=1", "a b"])
async def test_an_unknown_token_is_invalid(rp: Prober, token: str) -> None:
    answer = await rp.userinfo(token)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert token not in answer.headers["WWW-Authenticate"]


async def test_two_tokens_at_once_are_a_bad_request(rp: Prober) -> None:
    """RFC 6750 §2: not more than one method."""
    token = (await rp.tokens())["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await rp.post("/oidc/userinfo", urlencode({"access_token": token}), bearer)
    assert answer.status == 400
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    twice = await rp.post("/oidc/userinfo", f"access_token={token}&access_token={token}")
    assert twice.status == 400


async def test_claims_follow_the_scope(rp: Prober) -> None:
    """OpenID Connect Core §5.4."""

    async def said(scope: str) -> set[str]:
        return set((await rp.userinfo((await rp.tokens(scope=scope))["access_token"])).json)

    assert await said("openid") == {"sub", "login"}
    assert await said("openid email") == {"sub", "login", "email"}
    assert {"name", "preferred_username"} <= await said("openid profile")
    assert "email" not in await said("openid profile")


async def test_a_scope_that_the_service_may_not_ask_for_gives_nothing(rp: Prober) -> None:
    grouped = rp.other("grouped", secret=rp.secret)
    assert (await grouped.userinfo((await grouped.tokens(scope="openid groups"))["access_token"])).json[
        "groups"
    ] == ["staff"]
    wish = '{"userinfo": {"groups": {"essential": true}, "email": null}}'
    token = (await rp.tokens(scope="openid groups", claims=wish))["access_token"]
    said = (await rp.userinfo(token)).json
    assert "groups" not in said
    assert said["email"] == "alice@example.com"


async def test_a_token_narrowed_by_refresh_says_less(rp: Prober) -> None:
    """RFC 6749 §6."""
    tokens = await rp.tokens()
    narrowed = (await rp.refresh(tokens["refresh_token"], scope="openid")).json
    assert narrowed["scope"] == "openid"
    assert "email" not in (await rp.userinfo(narrowed["access_token"])).json
    without = (await rp.refresh(narrowed["refresh_token"], scope="email")).json
    refused = await rp.userinfo(without["access_token"])
    assert refused.status == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


async def test_a_disabled_user_is_gone_at_once(rp: Prober, dave: Prober, server: Server) -> None:
    """THREAT_MODEL.md 24: Within 1 s of disabling a user: session, refresh, its retry, introspection and userinfo
    all refuse.
    """
    tokens, code, spent = await dave.tokens(), await dave.code(), await dave.tokens()
    assert (await dave.refresh(spent["refresh_token"])).status == 200
    assert claims(tokens["id_token"])["sub"]
    server.cli("user", "disable", "dave", "--tenant", "demo")
    refused = await dave.userinfo(tokens["access_token"])
    assert refused.status == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    for token in (tokens["access_token"], tokens["refresh_token"]):
        form = urlencode({"token": token})
        said = await dave.post("/oidc/introspect", form, dave.authentication({}))
        assert said.json == {"active": False}
    retried = await dave.refresh(spent["refresh_token"])
    assert retried.error == "invalid_grant", (retried.status, retried.text)
    assert (await dave.refresh(tokens["refresh_token"])).error == "invalid_grant"
    assert (await dave.redeem(code)).error == "invalid_grant"
    assert (await dave.authorize(prompt="none")).error == "login_required"
