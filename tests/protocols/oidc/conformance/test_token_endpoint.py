"""The modules about the token endpoint: codes, client authentication, refresh."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from protocols.oidc.settings import ServiceSettings
from tests.protocols.oidc import signing
from tests.protocols.oidc.conftest import TURNING_FILE
from tests.protocols.oidc.prober import Answer, Prober, claims, header
from tests.server import Server

SECONDS = 30


def signed_by(client: Prober, key: signing.ECKey) -> Callable[[], str]:
    return lambda: signing.sign(signing.assertion(client.client_id, client.issuer), key)


@pytest.mark.both_stores
async def test_oidcc_codereuse(rp: Prober) -> None:
    """RFC 6749 §4.1.2: a code that comes again at once is refused."""
    code = await rp.code()
    assert (await rp.redeem(code)).status == 200
    again = await rp.redeem(code)
    assert (again.status, again.error) == (400, "invalid_grant")


async def test_oidcc_codereuse_30seconds(home: Prober, proxied: Server) -> None:
    """RFC 6749 §4.1.2, RFC 6750 §3.1: also later, and what the code gave is refused from then on."""
    code = await home.code()
    tokens = (await home.redeem(code)).json
    proxied.advance(SECONDS)
    assert (await home.userinfo(tokens["access_token"])).status == 200
    assert (await home.redeem(code)).error == "invalid_grant"
    refused = await home.userinfo(tokens["access_token"])
    assert refused.status == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


async def test_oidcc_server_client_secret_post(rp: Prober) -> None:
    post = rp.other("post", secret=rp.secret, method="client_secret_post")
    tokens = await post.tokens()
    assert claims(tokens["id_token"])["aud"] == "post"
    assert (await post.userinfo(tokens["access_token"])).status == 200


async def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(rp: Prober) -> None:
    """An assertion whose audience is the issuer itself."""
    client = rp.other("keyed", method="private_key_jwt")
    client.assertion = signed_by(client, signing.EC)
    tokens = await client.tokens()
    assert tokens["token_type"] == "Bearer"
    assert claims(tokens["id_token"])["aud"] == "keyed"


async def test_oidcc_refresh_token(rp: Prober) -> None:
    """Core §11, §12.2; RFC 6749 §6: bound to its client, and the ID token is about the same login."""
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    before, after = claims(first["id_token"]), claims(second["id_token"])
    for name in ("iss", "sub", "aud", "auth_time"):
        assert after[name] == before[name]
    assert after["iat"] >= before["iat"]
    assert "nonce" not in after
    assert second["access_token"] != first["access_token"]
    stolen = await rp.other("other", secret=rp.secret).refresh(second["refresh_token"])
    assert stolen.error == "invalid_grant"


async def test_oidcc_refresh_token_rp_key_rotation(rp: Prober, server: Server) -> None:
    """The client's keys change between issue and refresh: the new one is believed, the old one no more."""
    client = rp.other("turning", method="private_key_jwt")
    client.assertion = signed_by(client, signing.EC)
    token = (await client.tokens())["refresh_token"]
    file = server.config / TURNING_FILE
    file.write_text(json.dumps(signing.public(signing.STRANGER)))
    server.signal_reload()
    try:
        client.assertion = signed_by(client, signing.STRANGER)
        assert await becomes(lambda: client.refresh(token), 200)
        client.assertion = signed_by(client, signing.EC)
        assert await becomes(lambda: client.redeem("unknown"), 401)
    finally:
        file.write_text(json.dumps(signing.public(signing.EC)))
        server.signal_reload()
        client.assertion = signed_by(client, signing.EC)
        assert await becomes(lambda: client.redeem("unknown"), 400)


async def becomes(ask: Callable[[], Awaitable[Answer]], status: int) -> bool:
    """Whether it is answered so once the new configuration serves."""
    for _ in range(150):
        if (await ask()).status == status:
            return True
        await asyncio.sleep(0.2)
    return False


async def test_oidcc_idtoken_rs256(rp: Prober) -> None:
    """Core §10.1, §3.1.3.7: RS256 is what a client gets that says nothing."""
    assert header((await rp.tokens())["id_token"])["alg"] == "RS256"


@pytest.mark.parametrize(("client_id", "alg"), [("wiki", "RS256"), ("es256", "ES256"), ("eddsa", "EdDSA")])
async def test_oidcc_idtoken_signature(rp: Prober, client_id: str, alg: str) -> None:
    """Core §10.1: by the key of that `kid` which the issuer publishes."""
    client = rp.other(client_id, secret=rp.secret)
    said = header((await client.tokens())["id_token"])
    published = (await rp.get("/oidc/jwks")).json["keys"]
    key = next(key for key in published if key["kid"] == said["kid"])
    assert (said["alg"], key["alg"], key["use"]) == (alg, alg, "sig")


def test_oidcc_idtoken_unsigned() -> None:
    """Core §3.1.3.7 allows `none` to those who ask for it; here nobody can ask for it."""
    for name in ("id_token_signed_response_alg", "userinfo_signed_response_alg"):
        with pytest.raises(ValidationError, match="RS256"):
            ServiceSettings.model_validate({"client_id": "x", name: "none"})
