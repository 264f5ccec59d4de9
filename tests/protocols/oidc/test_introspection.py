"""Introspection: what a token is worth now, told only to those whom it concerns (RFC 7662)."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from tests.people import ALICE
from tests.protocols.oidc.prober import Answer, Prober, claims

INACTIVE = '{"active":false}'


async def introspect(asking: Prober, token: str | None, **more: str) -> Answer:
    form = {"token": token} if token is not None else {}
    form |= more
    headers = asking.authentication(form)
    return await asking.post("/oidc/introspect", urlencode(form), headers)


@pytest.fixture
def api(rp: Prober) -> Prober:
    """The resource server that the wiki calls."""
    return rp.other("api", secret=rp.secret)


async def test_a_live_access_token_is_described(rp: Prober, api: Prober) -> None:
    """RFC 7662 §2.2: to its own client and to the API that it is for, alike, never cached."""
    tokens = await rp.tokens()
    own, other = await introspect(rp, tokens["access_token"]), await introspect(api, tokens["access_token"])
    assert own.status == 200
    assert own.headers["Cache-Control"] == "no-store"
    assert own.headers["Content-Type"].startswith("application/json")
    said, identity = own.json, claims(tokens["id_token"])
    assert said == other.json
    assert said["active"] is True
    assert (said["iss"], said["sub"], said["client_id"]) == (rp.issuer, identity["sub"], "wiki")
    assert (said["auth_time"], said["acr"]) == (identity["auth_time"], identity["acr"])
    assert said["scope"] == tokens["scope"]
    assert said["username"] == ALICE.name
    assert said["token_type"] == "Bearer"
    assert said["exp"] - said["iat"] == tokens["expires_in"]
    assert abs(said["iat"] - time.time()) < 30


async def test_a_name_needs_the_scope_profile(rp: Prober) -> None:
    tokens = await rp.tokens(scope="openid email")
    assert "username" not in (await introspect(rp, tokens["access_token"])).json


async def test_a_refresh_token_is_described_to_its_own_client_alone(rp: Prober, api: Prober) -> None:
    """An API has no business with refresh tokens; the hint is only a hint (RFC 7662 §2.1)."""
    token = (await rp.tokens())["refresh_token"]
    for hint in ({}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "access_token"}):
        said = (await introspect(rp, token, **hint)).json
        assert said["active"] is True
        assert "token_type" not in said
    assert (await introspect(api, token)).text == INACTIVE


async def test_to_a_stranger_every_token_is_inactive(rp: Prober) -> None:
    """RFC 7662 §4: scanning tells nothing; a service may see another's only where the administrator says so."""
    tokens, other = await rp.tokens(), rp.other("other", secret=rp.secret)
    for token in (tokens["access_token"], tokens["refresh_token"], "unknown", "é", "x" * 5000):
        assert (await introspect(other, token)).text == INACTIVE


async def test_what_is_no_access_or_refresh_token_is_inactive(rp: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    code = await rp.code()
    assert (await introspect(rp, code)).text == INACTIVE
    assert (await introspect(rp, (await rp.redeem(code)).json["id_token"])).text == INACTIVE


async def test_a_used_refresh_token_is_inactive_and_asking_harms_nobody(rp: Prober) -> None:
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    assert (await introspect(rp, first["refresh_token"])).text == INACTIVE
    assert (await introspect(rp, second["refresh_token"])).json["active"] is True


async def test_who_does_not_authenticate_learns_nothing(rp: Prober) -> None:
    """RFC 7662 §2.1, §2.3: 401 for wrong secrets, unknown and public clients."""
    token = (await rp.tokens())["access_token"]
    public, wrong = rp.other("spa", method="none"), rp.other("wiki", secret="wrong")
    for asking in (public, wrong, rp.other("nobody", secret="x")):
        answer = await introspect(asking, token)
        assert (answer.status, answer.error) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert "active" not in answer.text


async def test_a_request_without_token_or_twice_is_malformed(rp: Prober) -> None:
    assert (await introspect(rp, None)).error == "invalid_request"
    headers = rp.authentication({})
    twice = await rp.post("/oidc/introspect", "token=a&token=b", headers)
    assert (twice.status, twice.error) == (400, "invalid_request")
    assert (await rp.get("/oidc/introspect?token=a")).status == 405


async def test_another_tenant_knows_nothing_of_it(rp: Prober, brief: Prober) -> None:
    tokens = await rp.tokens()
    assert (await introspect(brief, tokens["access_token"])).text == INACTIVE
    assert (await introspect(brief, tokens["refresh_token"])).text == INACTIVE


async def test_it_is_announced(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert said["introspection_endpoint"] == f"{rp.issuer}/oidc/introspect"
    assert "none" not in said["introspection_endpoint_auth_methods_supported"]
