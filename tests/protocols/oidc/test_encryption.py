"""Signed and encrypted userinfo, and encrypted ID tokens, for services that register them (Core §10, §5.3.2)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet

from protocols.oidc.foreign_encryption import Recipient
from tests.protocols.oidc import signing
from tests.protocols.oidc.prober import Answer, Prober, claims, header

ALGORITHMS = ["RSA-OAEP-256", "ECDH-ES", "A256GCM", "A128CBC-HS256"]


def decrypted(token: str, key: Any) -> tuple[dict[str, Any], bytes]:
    found = jwe.decrypt_compact(token, key, algorithms=ALGORITHMS)
    assert found.plaintext is not None
    return found.protected, found.plaintext


async def verified(rp: Prober, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await rp.get("/oidc/jwks")).json)
    return dict(jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims)


async def userinfo(client: Prober) -> tuple[dict[str, Any], Answer]:
    tokens = await client.tokens()
    answer = await client.userinfo(tokens["access_token"])
    assert answer.status == 200
    return tokens, answer


async def test_userinfo_is_signed_where_it_is_registered(rp: Prober) -> None:
    """oidcc-userinfo-rs256; Core §5.3.2: application/jwt, with iss and aud."""
    client = rp.other("stamped", secret=rp.secret)
    tokens, answer = await userinfo(client)
    assert answer.headers["Content-Type"].startswith("application/jwt")
    assert answer.headers["Cache-Control"] == "no-store"
    said = await verified(rp, answer.text)
    assert (said["iss"], said["aud"]) == (rp.issuer, "stamped")
    assert said["sub"] == claims(tokens["id_token"])["sub"]
    assert said["email"] == "alice@example.com"


async def test_signed_userinfo_is_no_id_token(rp: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another (RFC 8725 §3.11)."""
    client = rp.other("stamped", secret=rp.secret)
    _, answer = await userinfo(client)
    assert (await client.authorize(id_token_hint=answer.text)).error == "invalid_request"


async def test_an_id_token_is_signed_then_encrypted(rp: Prober) -> None:
    """Core §2, §10.2: the whole claim set inside, for the client's key alone, at every issue."""
    client = rp.other("sealed", secret=rp.secret)
    tokens = await client.tokens()
    for given in (tokens, (await client.refresh(tokens["refresh_token"])).json):
        said, inner = decrypted(given["id_token"], signing.SEALING_RSA)
        assert (said["alg"], said["enc"], said["cty"]) == ("RSA-OAEP-256", "A256GCM", "JWT")
        assert said["kid"] == signing.SEALING_RSA.kid
        identity = await verified(rp, inner.decode())
        assert (identity["iss"], identity["aud"]) == (rp.issuer, "sealed")


async def test_userinfo_is_signed_then_encrypted(rp: Prober) -> None:
    client = rp.other("sealed", secret=rp.secret)
    _, answer = await userinfo(client)
    assert answer.headers["Content-Type"].startswith("application/jwt")
    said, inner = decrypted(answer.text, signing.SEALING_EC)
    assert (said["alg"], said["enc"], said["cty"]) == ("ECDH-ES", "A128CBC-HS256", "JWT")
    assert (await verified(rp, inner.decode()))["aud"] == "sealed"


async def test_userinfo_may_be_encrypted_alone(rp: Prober) -> None:
    """Core §5.3.2: then the claims themselves are inside."""
    tokens, answer = await userinfo(rp.other("veiled", secret=rp.secret))
    _, inner = decrypted(answer.text, signing.SEALING_RSA)
    assert orjson.loads(inner)["sub"] == claims(tokens["id_token"])["sub"]


async def test_everybody_else_gets_json(rp: Prober) -> None:
    tokens, answer = await userinfo(rp)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert header(tokens["id_token"])["alg"] == "RS256"


async def test_it_is_announced(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    for kind in ("id_token", "userinfo"):
        assert "RSA-OAEP-256" in said[f"{kind}_encryption_alg_values_supported"]
        assert "RSA1_5" not in said[f"{kind}_encryption_alg_values_supported"]
        assert "A256GCM" in said[f"{kind}_encryption_enc_values_supported"]
    assert "none" not in said["userinfo_signing_alg_values_supported"]
    assert "RS256" in said["userinfo_signing_alg_values_supported"]


def test_a_key_for_signing_is_not_encrypted_with() -> None:
    with pytest.raises(ValueError, match="no key to encrypt by RSA-OAEP-256"):
        Recipient(signing.public(signing.RSA, signing.SEALING_EC), "RSA-OAEP-256", "A256GCM")
