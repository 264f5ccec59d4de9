"""Access tokens as JWTs (RFC 9068), and tokens for one resource (RFC 8707)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.protocols.oidc.prober import Answer, Prober, claims, header

API = "https://api.example.com"
FILES = "https://files.example.com/v1"


@pytest.fixture
def spoken(rp: Prober) -> Prober:
    """A service whose access tokens are JWTs."""
    return rp.other("spoken", secret=rp.secret)


async def introspect(client: Prober, token: str) -> dict[str, object]:
    form = urlencode({"token": token})
    return (await client.post("/oidc/introspect", form, client.authentication({}))).json


async def test_a_resource_server_verifies_it_by_itself(spoken: Prober) -> None:
    """RFC 9068 §2, §4: signed by a published key, with every claim that is required."""
    tokens = await spoken.tokens()
    keys = KeySet.import_key_set((await spoken.get("/oidc/jwks")).json)
    token = jwt.decode(tokens["access_token"], keys, algorithms=["RS256"])
    assert token.header["typ"] == "at+jwt"
    said, identity = token.claims, claims(tokens["id_token"])
    assert (said["iss"], said["sub"]) == (spoken.issuer, identity["sub"])
    assert said["aud"] == spoken.issuer
    assert (said["client_id"], said["scope"]) == ("spoken", tokens["scope"])
    assert said["exp"] - said["iat"] == tokens["expires_in"]
    for name in ("auth_time", "acr", "amr"):
        assert said[name] == identity[name]
    assert not {"email", "name", "nonce"} & said.keys()
    again = (await spoken.refresh(tokens["refresh_token"])).json
    assert claims(again["access_token"])["jti"] != said["jti"]


async def test_it_is_still_asked_back(spoken: Prober) -> None:
    """Userinfo, introspection and revocation know it like any other."""
    tokens = await spoken.tokens()
    token = tokens["access_token"]
    assert (await spoken.userinfo(token)).status == 200
    assert (await introspect(spoken, token))["active"] is True
    await spoken.post("/oidc/revoke", urlencode({"token": token}), spoken.authentication({}))
    assert (await spoken.userinfo(token)).status == 401
    assert (await introspect(spoken, token)) == {"active": False}


async def test_it_is_no_id_token_and_an_id_token_is_no_access_token(spoken: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another (RFC 8725 §3.11)."""
    tokens = await spoken.tokens()
    assert (await spoken.authorize(id_token_hint=tokens["access_token"])).error == "invalid_request"
    assert (await spoken.userinfo(tokens["id_token"])).status == 401
    altered = tokens["access_token"][:-4] + "AAAA"
    assert (await spoken.userinfo(altered)).status == 401


async def test_a_service_that_does_not_ask_gets_an_opaque_one(rp: Prober) -> None:
    assert "." not in (await rp.tokens())["access_token"]


async def test_a_token_for_one_resource_is_for_that_alone(spoken: Prober) -> None:
    """RFC 8707 §2: `aud` is what was asked for; our own userinfo is another resource."""
    tokens = await spoken.tokens(resource=API)
    token = tokens["access_token"]
    assert claims(token)["aud"] == [API]
    assert (await introspect(spoken, token))["aud"] == [API]
    refused = await spoken.userinfo(token)
    assert refused.status == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


async def test_of_several_resources_each_request_may_narrow(spoken: Prober) -> None:
    """RFC 8707 §2.2: two at the authorization endpoint, one or both at the token endpoint, no third."""
    address = spoken.address(resource=None) + "&" + urlencode([("resource", API), ("resource", FILES)])
    answer = await spoken.get(address.removeprefix(spoken.issuer), {"Cookie": spoken.cookie})
    tokens = (await spoken.redeem(answer.query["code"], resource=API)).json
    assert claims(tokens["access_token"])["aud"] == [API]
    both = (await spoken.refresh(tokens["refresh_token"])).json
    assert claims(both["access_token"])["aud"] == [API, FILES]
    other = (await spoken.refresh(both["refresh_token"], resource=FILES)).json
    assert claims(other["access_token"])["aud"] == [FILES]
    refused = await spoken.refresh(other["refresh_token"], resource="https://other.example.com")
    assert refused.error == "invalid_target"
    assert (await spoken.refresh(other["refresh_token"])).status == 200


@pytest.mark.parametrize("resource", ["https://other.example.com", API + "/", API.upper(), "x", "é"])
async def test_a_resource_that_is_not_registered_is_refused(spoken: Prober, resource: str) -> None:
    """RFC 8707 §2: invalid_target, wherever it is asked for; compared as text."""
    assert (await spoken.authorize(resource=resource)).error == "invalid_target"
    code = await spoken.code()
    assert (await spoken.redeem(code, resource=resource)).error == "invalid_target"


async def test_a_resource_may_first_be_named_at_the_token_endpoint(spoken: Prober) -> None:
    tokens = (await spoken.redeem(await spoken.code(), resource=FILES)).json
    assert claims(tokens["access_token"])["aud"] == [FILES]


async def test_a_service_without_resources_may_ask_for_none(rp: Prober) -> None:
    assert (await rp.authorize(resource=API)).error == "invalid_target"
    answer: Answer = await rp.redeem(await rp.code(), resource=API)
    assert answer.error == "invalid_target"
    assert "kid" in header((await rp.tokens())["id_token"])
