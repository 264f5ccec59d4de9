"""Clients that prove themselves by a signed JWT: private_key_jwt and client_secret_jwt (RFC 7523)."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import Key, OctKey, RSAKey

from tests.protocols.oidc.prober import Answer, Prober
from tests.protocols.oidc.signing import EC, RSA, SHARED, STRANGER, assertion, sign

pytestmark = pytest.mark.both_stores

RACERS = 50
Claims = Callable[..., dict[str, Any]]


@pytest.fixture
def keyed(rp: Prober) -> Prober:
    return rp.other("keyed", secret=None)


async def prove(client: Prober, claims: dict[str, Any], key: Key = EC, **header: Any) -> Answer:
    """A token request that fails for its unknown code alone, if the client is believed."""
    client.assertion = lambda: sign(claims, key, **header)
    client.method = "private_key_jwt"
    return await client.redeem("unknown")


def is_believed(answer: Answer) -> bool:
    assert answer.error in ("invalid_grant", "invalid_client"), answer.text
    assert answer.status == (400 if answer.error == "invalid_grant" else 401)
    return answer.error == "invalid_grant"


@pytest.mark.parametrize(("client_id", "key"), [("keyed", EC), ("inline", RSA), ("hmac", SHARED)])
async def test_the_whole_flow_with_each_kind_of_key(rp: Prober, client_id: str, key: Key) -> None:
    """OpenID Connect Core §9: keys in a file or inline, and the shared secret."""
    client = rp.other(client_id, method="private_key_jwt")
    client.assertion = lambda: sign(assertion(client_id, rp.issuer), key)
    tokens = await client.tokens()
    assert (await client.userinfo(tokens["access_token"])).status == 200
    assert (await client.refresh(tokens["refresh_token"])).status == 200


@pytest.mark.parametrize("path", ["", "/oidc/token"])
async def test_we_are_meant_by_issuer_or_token_endpoint(keyed: Prober, path: str) -> None:
    """oidcc-ensure-client-assertion-with-iss-aud-succeeds; RFC 7523 §3; as a text or as a list."""
    name = keyed.issuer + path
    assert is_believed(await prove(keyed, assertion("keyed", name)))
    assert is_believed(await prove(keyed, assertion("keyed", [name])))
    assert is_believed(await prove(keyed, assertion("keyed", [keyed.issuer, name])))


async def test_other_endpoints_ask_the_same(keyed: Prober) -> None:
    """RFC 7662 §2.1, RFC 7009 §2.1: also under the name of the endpoint that is called."""
    for path in ("/oidc/introspect", "/oidc/revoke"):
        for name in (keyed.issuer, keyed.issuer + path):
            claims = assertion("keyed", name)
            keyed.method, keyed.assertion = "private_key_jwt", lambda claims=claims: sign(claims, EC)
            form = {"token": "unknown"}
            keyed.authentication(form)
            assert (await keyed.post(path, urlencode(form))).status == 200
    assert not is_believed(await prove(keyed, assertion("keyed", f"{keyed.issuer}/oidc/revoke")))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": None}, {"aud": []}, {"aud": ""}, {"aud": "https://other.example.com"}, {"aud": 7},
        {"aud": {}}, {"aud": [7]}, {"iss": None}, {"iss": "wiki"}, {"sub": "wiki"}, {"sub": None},
        {"sub": 7}, {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": []}, {"jti": None},
        {"jti": ""}, {"jti": 7}, {"jti": "x" * 256},
    ],
)  # fmt: skip
async def test_a_claim_that_is_missing_or_wrong_is_refused(keyed: Prober, changed: dict[str, Any]) -> None:
    claims = assertion("keyed", keyed.issuer, **changed)
    assert not is_believed(await prove(keyed, claims))


@pytest.mark.parametrize(
    ("name", "seconds", "believed"),
    [
        ("exp", 590, True), ("exp", -10, True), ("exp", 700, False), ("exp", -60, False),
        ("exp", 10**300, False), ("iat", 10, True), ("iat", 120, False), ("iat", -700, False),
        ("nbf", 10, True), ("nbf", 120, False), ("nbf", -700, True),
    ],
)  # fmt: skip
async def test_it_lives_shortly(keyed: Prober, name: str, seconds: int, believed: bool) -> None:
    """exp near, iat and nbf passed; clocks may differ by half a minute."""
    claims = assertion("keyed", keyed.issuer, **{name: time.time() + seconds})
    assert is_believed(await prove(keyed, claims)) is believed


async def test_an_audience_beside_us_could_present_it_to_us(keyed: Prober) -> None:
    both = [keyed.issuer, "https://other.example.com"]
    assert not is_believed(await prove(keyed, assertion("keyed", both)))


async def test_an_identifier_is_good_for_one_use(keyed: Prober, rp: Prober) -> None:
    """RFC 7523 §3 (7): a thief of an assertion has nothing; another client has identifiers of its own."""
    claims = assertion("keyed", keyed.issuer)
    assert is_believed(await prove(keyed, claims))
    assert not is_believed(await prove(keyed, claims))
    assert not is_believed(await prove(keyed, assertion("keyed", keyed.issuer, jti=claims["jti"])))
    inline = rp.other("inline")
    same = assertion("inline", keyed.issuer, jti=claims["jti"])
    assert is_believed(await prove(inline, same, RSA))


async def test_of_many_uses_of_one_assertion_one_succeeds(keyed: Prober) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses exactly one succeeds, on SQLite and on PostgreSQL."""
    claims = assertion("keyed", keyed.issuer)
    answers = await asyncio.gather(*(prove(keyed, claims) for _ in range(RACERS)))
    assert sum(map(is_believed, answers)) == 1


async def test_only_the_registered_key_by_the_registered_algorithm(keyed: Prober, rp: Prober) -> None:
    """THREAT_MODEL.md 11: Algorithm pinned per key; an HMAC made with a public key, an empty key: refused."""
    right = lambda: assertion("keyed", keyed.issuer)  # noqa: E731
    assert not is_believed(await prove(keyed, right(), STRANGER))
    assert not is_believed(await prove(keyed, right(), STRANGER, kid=EC.kid))
    assert not is_believed(await prove(keyed, right(), RSA))
    for known in (EC.as_pem(private=False), json.dumps(EC.as_dict(private=False)).encode(), b""):
        unsigned = raw({"alg": "HS256", "kid": EC.kid}, right(), "").removesuffix(".")
        mac = urlsafe_b64encode(hmac.digest(known, unsigned.encode(), "sha256")).decode().rstrip("=")
        keyed.assertion = lambda text=f"{unsigned}.{mac}": text
        assert not is_believed(await keyed.redeem("unknown"))
    inline = rp.other("inline")
    unpinned = RSAKey.import_key({**RSA.as_dict(private=True), "alg": "PS256"})
    assert not is_believed(await prove(inline, assertion("inline", rp.issuer), unpinned, alg="PS256"))
    shared = rp.other("hmac")
    assert not is_believed(await prove(shared, assertion("hmac", rp.issuer), SHARED, alg="HS384"))
    assert not is_believed(await prove(shared, assertion("hmac", rp.issuer), OctKey.import_key(b"x" * 32)))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": STRANGER.as_dict(private=False), "kid": None}, {"jku": "http://127.0.0.1:9/jwks"},
        {"x5u": "http://127.0.0.1:9/cert"}, {"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"typ": 7},
    ],
)  # fmt: skip
async def test_a_header_may_not_bring_or_point_to_a_key(keyed: Prober, header: dict[str, Any]) -> None:
    """THREAT_MODEL.md 11: `jku`/`x5u`/embedded `jwk`: refused; and a JWT of another kind (RFC 8725 §3.11)."""
    given = {name: value for name, value in header.items() if value is not None}
    claims = assertion("keyed", keyed.issuer)
    keyed.method, keyed.assertion = "private_key_jwt", lambda: raw({"alg": "ES256", **given}, claims)
    assert not is_believed(await keyed.redeem("unknown"))


def raw(header: Any, claims: Any, signature: str = "AAAA") -> str:
    parts = (json.dumps(header), json.dumps(claims))
    encoded = [urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, signature))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b.c", "é.é.é", "x" * 20_000, "e30.e30.", "W10.W10.W10", "bnVsbA.bnVsbA.bnVsbA"],
)
async def test_what_is_no_jwt_is_refused(keyed: Prober, text: str) -> None:
    """THREAT_MODEL.md 32: Every parser bounded: no 5xx."""
    keyed.method, keyed.assertion = "private_key_jwt", lambda: text
    answer = await keyed.redeem("unknown")
    assert answer.error in ("invalid_client", "invalid_request")


@pytest.mark.parametrize("alg", ["none", "None", "", None, "HS256", ["ES256"]])
async def test_without_a_signature_it_is_nothing(keyed: Prober, alg: Any) -> None:
    """THREAT_MODEL.md 11: `none` is refused. oic believes it."""
    for signature in ("", "AAAA"):
        claims = assertion("keyed", keyed.issuer)
        keyed.method = "private_key_jwt"
        keyed.assertion = lambda claims=claims, signature=signature: raw({"alg": alg}, claims, signature)
        assert not is_believed(await keyed.redeem("unknown"))


async def test_a_client_authenticates_by_its_own_method_only(keyed: Prober, rp: Prober) -> None:
    """A client with a key has no secret, not even an empty one; one with a secret signs nothing."""
    plain = rp.other("keyed", secret="")
    for method in ("client_secret_basic", "client_secret_post", "none"):
        plain.method = method
        assert not is_believed(await plain.redeem("unknown"))
    claims = assertion("wiki", rp.issuer)
    assert not is_believed(await prove(rp.other("wiki"), claims, SHARED))
    claims = assertion("spa", rp.issuer)
    assert not is_believed(await prove(rp.other("spa"), claims, EC))
    assert not is_believed(await prove(rp.other("nobody"), assertion("nobody", rp.issuer), EC))


async def test_two_ways_at_once_are_refused(keyed: Prober, rp: Prober) -> None:
    """RFC 6749 §2.3."""
    signed = sign(assertion("keyed", keyed.issuer), EC)
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x"}
    form |= {"client_assertion": signed, "client_assertion_type": ASSERTION_TYPE}
    twice = await keyed.post("/oidc/token", urlencode(form), rp.authentication({}))
    assert twice.error == "invalid_request"
    assert (
        await keyed.post("/oidc/token", urlencode(form | {"client_secret": "x"}))
    ).error == "invalid_request"


async def test_type_and_client_id_must_fit(keyed: Prober) -> None:
    """RFC 7521 §4.2."""
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x"}
    form |= {"client_assertion_type": ASSERTION_TYPE, "client_id": "keyed"}

    async def send(**changed: str) -> Answer:
        given = form | {"client_assertion": sign(assertion("keyed", keyed.issuer), EC)} | changed
        return await keyed.post("/oidc/token", urlencode(given))

    assert is_believed(await send())
    assert not is_believed(await send(client_id="wiki"))
    assert not is_believed(await send(client_assertion_type="urn:ietf:params:oauth:grant-type:saml2-bearer"))
    assert not is_believed(await send(client_assertion_type=""))


async def test_another_tenants_name_is_not_ours(rp: Prober, brief: Prober) -> None:
    """An assertion for one issuer is worth nothing at another on the same server."""
    keyed = rp.other("keyed")
    assert not is_believed(await prove(keyed, assertion("keyed", brief.issuer)))


async def test_it_is_announced(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert {"private_key_jwt", "client_secret_jwt"} <= set(said["token_endpoint_auth_methods_supported"])
    assert "none" not in said["token_endpoint_auth_signing_alg_values_supported"]
    assert {"RS256", "ES256", "HS256"} <= set(said["token_endpoint_auth_signing_alg_values_supported"])


ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
