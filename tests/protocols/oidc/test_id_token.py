"""What an ID token says, and that it can be believed."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.protocols.oidc.prober import Prober, claims, header


def octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text: str) -> int:
    return int.from_bytes(octets(text))


def verify(token: str, key: dict[str, Any]) -> None:
    """With nothing of ours: raises InvalidSignature."""
    message, _, encoded = token.rpartition(".")
    signature = octets(encoded)
    match key["kty"]:
        case "RSA":
            public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
            public.verify(signature, message.encode(), padding.PKCS1v15(), hashes.SHA256())
        case "EC":
            point = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1())
            der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
            point.public_key().verify(der, message.encode(), ec.ECDSA(hashes.SHA256()))
        case "OKP":
            ed25519.Ed25519PublicKey.from_public_bytes(octets(key["x"])).verify(signature, message.encode())


@pytest.mark.parametrize(
    ("client_id", "alg", "digest"),
    [("wiki", "RS256", "sha256"), ("es256", "ES256", "sha256"), ("eddsa", "EdDSA", "sha512")],
)
async def test_it_verifies_with_the_published_key(rp: Prober, client_id: str, alg: str, digest: str) -> None:
    """THREAT_MODEL.md 11: Algorithm pinned per key. The hash of the access token follows Core §3.1.3.6."""
    client = rp.other(client_id, secret=rp.secret)
    tokens = await client.tokens()
    head = header(tokens["id_token"])
    keys = (await rp.get("/oidc/jwks")).json["keys"]
    (key,) = (key for key in keys if key["kid"] == head["kid"])
    assert (head["alg"], key["alg"], key["use"]) == (alg, alg, "sig")
    verify(tokens["id_token"], key)
    half = hashlib.new(digest, tokens["access_token"].encode()).digest()
    expected = urlsafe_b64encode(half[: len(half) // 2]).rstrip(b"=").decode()
    assert claims(tokens["id_token"])["at_hash"] == expected


async def test_it_says_who_for_whom_when_and_how(rp: Prober) -> None:
    """OpenID Connect Core §2; pyop leaves auth_time, acr and amr out of the code flow."""
    said = claims((await rp.tokens())["id_token"])
    now = int(time.time())
    assert (said["iss"], said["aud"], said["nonce"]) == (rp.issuer, rp.client_id, "a nonce")
    assert abs(said["iat"] - now) < 10
    assert said["exp"] == said["iat"] + 3600
    assert now - 600 < said["auth_time"] <= now
    assert said["acr"]
    assert isinstance(said["amr"], list)
    assert said["amr"]
    assert said["sub"]
    assert "alice" not in str(said)


async def test_the_subject_is_the_same_everywhere_and_always(rp: Prober) -> None:
    """OpenID Connect Core §5.3.2, §8."""
    first = await rp.tokens()
    second = claims((await rp.other("other", secret=rp.secret).tokens())["id_token"])
    said = claims(first["id_token"])
    userinfo = (await rp.userinfo(first["access_token"])).json
    assert said["sub"] == second["sub"] == userinfo["sub"]


async def test_without_nonce_there_is_none(rp: Prober) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    assert "nonce" not in claims((await rp.tokens(nonce=None))["id_token"])


async def test_claims_asked_for_by_name_are_in_it(rp: Prober) -> None:
    """OpenID Connect Core §5.5; what the service may not have it does not get, nor by asking by name."""
    wish = (
        '{"id_token": {"email": {"essential": true}, "phone_number": null, "groups": null}, "userinfo": null}'
    )
    said = claims((await rp.tokens(scope="openid", claims=wish))["id_token"])
    assert said["email"] == "alice@example.com"
    assert "phone_number" not in said
    assert "groups" not in said


async def test_a_wish_never_changes_what_the_server_says(rp: Prober) -> None:
    wish = (
        '{"id_token": {"aud": {"value": "x"}, "exp": null, "acr": {"value": "high"}, "iss": {"value": "x"}}}'
    )
    said = claims((await rp.tokens(claims=wish))["id_token"])
    assert (said["iss"], said["aud"]) == (rp.issuer, rp.client_id)
    assert said["acr"] != "high"


async def test_another_subject_than_asked_for_gets_no_code(rp: Prober) -> None:
    """OpenID Connect Core §5.5.1, in the form of the specification, which pyop cannot match."""
    subject = claims((await rp.tokens())["id_token"])["sub"]
    right = await rp.authorize(claims=f'{{"id_token": {{"sub": {{"value": "{subject}"}}}}}}')
    assert "code" in right.query
    wrong = await rp.authorize(claims='{"id_token": {"sub": {"value": "somebody"}}}')
    assert wrong.error == "login_required"
    both = f'{{"id_token": {{"sub": {{"value": "{subject}"}}}}, "userinfo": {{"sub": {{"value": "x"}}}}}}'
    assert (await rp.authorize(claims=both)).error == "login_required"
