"""What the issuer publishes, and which web pages may call it."""

from __future__ import annotations

import pytest

from tests.protocols.oidc.prober import Prober

PATHS = ("/.well-known/openid-configuration", "/oidc/jwks")


async def test_every_address_is_the_configured_one(rp: Prober) -> None:
    """THREAT_MODEL.md 23: Links and issuers only from configuration, never from Host."""
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    refused = await rp.get(PATHS[0], hostile)
    assert refused.status == 421
    del hostile["Host"]
    answer = await rp.get(PATHS[0], hostile | {"Forwarded": "host=evil.example"})
    assert "evil" not in answer.text
    said = answer.json
    assert said["issuer"] == rp.issuer
    for name, address in said.items():
        if name.endswith(("_endpoint", "_uri")):
            assert address.startswith(f"{rp.issuer}/"), name


async def test_it_says_what_the_server_does(rp: Prober) -> None:
    """oidcc-discovery-endpoint-verification."""
    said = (await rp.get(PATHS[0])).json
    types = ["code", "code id_token", "code id_token token", "code token", "id_token", "id_token token"]
    assert said["response_types_supported"] == types
    assert "implicit" in said["grant_types_supported"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in said["id_token_signing_alg_values_supported"]
    assert {"RS256", "ES256", "EdDSA"} == set(said["id_token_signing_alg_values_supported"])
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["request_parameter_supported"] is True
    assert said["request_object_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert said["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert "create" not in said["prompt_values_supported"]
    assert said["request_uri_parameter_supported"] is False
    assert {"openid", "offline_access"} <= set(said["scopes_supported"])
    assert "version" not in said


async def test_the_keys_are_public_and_nothing_more(rp: Prober) -> None:
    """RFC 7517 §9: no private member leaves the house."""
    keys = (await rp.get(PATHS[1])).json["keys"]
    assert {key["alg"] for key in keys} >= {"RS256", "ES256", "EdDSA"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


@pytest.mark.parametrize("path", PATHS)
async def test_anybody_may_read_and_keep_it(rp: Prober, path: str) -> None:
    answer = await rp.get(path, {"Origin": "https://anywhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in answer.headers["Cache-Control"]
    assert (await rp.send("HEAD", path, None, {})).status == 200
    again = await rp.get(path, {"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/userinfo"])
async def test_only_the_page_of_a_public_client_may_call_from_a_browser(rp: Prober, path: str) -> None:
    """The origin must be that of a public client's redirect URI; credentials are never allowed."""
    for origin in (
        "https://evil.example",
        "https://wiki.example.com",
        "null",
        "https://spa.example.com.evil",
    ):
        answer = await rp.send("OPTIONS", path, None, {"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
    allowed = {"Origin": "https://spa.example.com"}
    asked = await rp.send("OPTIONS", path, None, allowed | {"Access-Control-Request-Method": "POST"})
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "https://spa.example.com"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    answered = await rp.post(path, "", allowed)
    assert answered.headers["Access-Control-Allow-Origin"] == "https://spa.example.com"
    assert answered.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answered.headers
