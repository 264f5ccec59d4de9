"""DPoP: tokens bound to a key of the client (RFC 9449)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from tests.protocols.oidc.prober import Answer, Prober, claims

pytestmark = pytest.mark.both_stores

RACERS = 50
OWN, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)


def proof(url: str, method: str = "POST", key: Key = OWN, alg: str = "ES256", **changed: Any) -> str:
    """A proof that is right; a claim that is None is left out, `header` adds to the header."""
    header = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)} | changed.pop("header", {})
    header["jwk"].pop("kid", None)
    token = changed.pop("token", None)
    said = {"jti": secrets.token_urlsafe(8), "htm": method, "htu": url, "iat": int(time.time())}
    if token is not None:
        said["ath"] = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
    said = {name: value for name, value in (said | changed).items() if value is not None}
    written = {k: v for k, v in header.items() if v is not None}
    return jws.serialize_compact(written, json.dumps(said), key, algorithms=[alg])


async def token(client: Prober, given: str | None, **form: str) -> Answer:
    headers = client.authentication(form) | ({"DPoP": given} if given is not None else {})
    return await client.post("/oidc/token", urlencode(form), headers)


async def redeem(client: Prober, given: str | None, code: str | None = None) -> Answer:
    form = {"grant_type": "authorization_code", "code": code or await client.code()}
    return await token(client, given, **form, redirect_uri=client.redirect_uri, code_verifier=client.verifier)


async def refresh(client: Prober, given: str | None, value: str) -> Answer:
    return await token(client, given, grant_type="refresh_token", refresh_token=value)


async def userinfo(client: Prober, value: str, given: str | None, scheme: str = "DPoP") -> Answer:
    headers = {"Authorization": f"{scheme} {value}"} | ({"DPoP": given} if given is not None else {})
    return await client.get("/oidc/userinfo", headers)


@pytest.fixture
def here(rp: Prober) -> str:
    return f"{rp.issuer}/oidc/token"


@pytest.mark.parametrize(("key", "alg"), [(OWN, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
async def test_a_bound_token_needs_its_key(rp: Prober, here: str, key: Key, alg: str) -> None:
    """RFC 9449 §5, §7.1: token_type DPoP; only with a fresh proof, for this token, by this key."""
    tokens = (await redeem(rp, proof(here, key=key, alg=alg))).json
    assert tokens["token_type"] == "DPoP"
    value, url = tokens["access_token"], f"{rp.issuer}/oidc/userinfo"
    good = proof(url, "GET", key, alg, token=value)
    assert (await userinfo(rp, value, good)).status == 200
    for given in (None, good, proof(url, "GET", key, alg), proof(url, "GET", OTHER, token=value),
                  proof(url, "GET", key, alg, token="another"), proof(url, "POST", key, alg, token=value)):  # fmt: skip
        refused = await userinfo(rp, value, given)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("DPoP ")
    bearer = await userinfo(rp, value, None, "Bearer")
    assert bearer.status == 401
    assert 'error="invalid_token"' in bearer.headers["WWW-Authenticate"]


def costly() -> Key:
    """An RSA key whose exponents are exchanged: it signs quickly, and takes long to verify."""
    kept = rsa.generate_private_key(65537, 2048).private_numbers()
    swapped = rsa.RSAPublicNumbers(kept.d, kept.public_numbers.n)
    inverse = (rsa.rsa_crt_dmp1(65537, kept.p), rsa.rsa_crt_dmq1(65537, kept.q), kept.iqmp)
    key = rsa.RSAPrivateNumbers(kept.p, kept.q, 65537, *inverse, swapped).private_key()
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    return RSAKey.import_key(key.private_bytes(*form))


async def test_a_key_that_costs_us_much_is_none(rp: Prober, here: str) -> None:
    """Whoever is asked for no more than a proof shall not keep us busy by it."""
    given = proof(here, key=costly(), alg="RS256")
    assert (await redeem(rp, given)).error == "invalid_dpop_proof"


async def test_a_bearer_token_is_none_that_is_bound(rp: Prober) -> None:
    """RFC 9449 §7.2: what was issued without a key cannot be presented as bound to one."""
    value = (await rp.tokens())["access_token"]
    given = proof(f"{rp.issuer}/oidc/userinfo", "GET", token=value)
    assert (await userinfo(rp, value, given)).status == 401
    assert (await rp.userinfo(value)).status == 200


async def test_introspection_and_jwts_say_the_key(rp: Prober, here: str) -> None:
    """RFC 9449 §6: `cnf` with the thumbprint (RFC 7638)."""
    bound = {"jkt": OWN.thumbprint()}
    spoken = rp.other("spoken", secret=rp.secret)
    value = (await redeem(spoken, proof(here))).json["access_token"]
    assert claims(value)["cnf"] == bound
    said = await spoken.post("/oidc/introspect", urlencode({"token": value}), spoken.authentication({}))
    assert (said.json["cnf"], said.json["token_type"]) == (bound, "DPoP")
    robot = rp.other("robot", secret=rp.secret)
    own = (await token(robot, proof(here), grant_type="client_credentials")).json
    assert (own["token_type"], claims(own["access_token"])["cnf"]) == ("DPoP", bound)


async def test_the_refresh_token_of_a_public_client_is_bound_too(rp: Prober, here: str) -> None:
    """RFC 9449 §5: nobody else can use it, and who tries does not spend it."""
    public = rp.other("spa", method="none")
    value = (await redeem(public, proof(here))).json["refresh_token"]
    for given in (None, proof(here, key=OTHER)):
        assert (await refresh(public, given, value)).error == "invalid_dpop_proof"
    assert (await refresh(public, proof(here), value)).json["token_type"] == "DPoP"


async def test_a_confidential_client_may_turn_its_key(rp: Prober, here: str) -> None:
    value = (await redeem(rp, proof(here))).json["refresh_token"]
    again = (await refresh(rp, proof(here, key=OTHER), value)).json
    url = f"{rp.issuer}/oidc/userinfo"
    given = proof(url, "GET", OTHER, token=again["access_token"])
    assert (await userinfo(rp, again["access_token"], given)).status == 200


async def test_a_retry_with_another_key_is_no_retry(rp: Prober, here: str) -> None:
    value = (await redeem(rp, proof(here))).json["refresh_token"]
    first = await refresh(rp, proof(here), value)
    assert (await refresh(rp, proof(here), value)).text == first.text
    assert (await refresh(rp, proof(here, key=OTHER), value)).error == "invalid_grant"


async def test_a_service_may_have_to(rp: Prober, here: str) -> None:
    """RFC 9449 §5.2: dpop_bound_access_tokens."""
    bound = rp.other("bound", secret=rp.secret)
    code = await bound.code()
    assert (await redeem(bound, None, code)).error == "invalid_dpop_proof"
    assert (await redeem(bound, proof(here), code)).json["token_type"] == "DPoP"


async def test_a_code_may_be_bound_from_the_start(rp: Prober, here: str) -> None:
    """RFC 9449 §10: dpop_jkt."""
    jkt = OWN.thumbprint()
    for given in (None, proof(here, key=OTHER)):
        assert (await redeem(rp, given, await rp.code(dpop_jkt=jkt))).error == "invalid_grant"
    given = await redeem(rp, proof(here), await rp.code(dpop_jkt=jkt))
    assert given.status == 200
    turned = await refresh(rp, proof(here, key=OTHER), given.json["refresh_token"])
    assert turned.status == 200, "it was the code that was bound, and this client proves itself (§5)"


@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "GET"}, {"htm": None}, {"htu": "https://other.example.com/oidc/token"}, {"htu": None},
        {"htu": 7}, {"iat": None}, {"iat": "now"}, {"iat": True}, {"iat": 0}, {"jti": None}, {"jti": ""},
        {"jti": 7}, {"jti": "x" * 256}, {"jti": "\ud800"}, {"iat": float("nan")},
        {"header": {"typ": "JWT"}}, {"header": {"typ": None}},
        {"header": {"jwk": OTHER.as_dict(private=False)}}, {"header": {"kid": "x"}},
        {"header": {"jku": "http://127.0.0.1:9/"}}, {"header": {"jwk": OWN.as_dict(private=True)}},
    ],
)  # fmt: skip
async def test_a_proof_that_is_wrong_is_refused(rp: Prober, here: str, changed: dict[str, Any]) -> None:
    """RFC 9449 §4.3; THREAT_MODEL.md 11. A refused proof does not spend the code."""
    code = await rp.code()
    answer = await redeem(rp, proof(here, **changed), code)
    assert (answer.status, answer.error) == (400, "invalid_dpop_proof")
    assert (await redeem(rp, proof(here), code)).status == 200


@pytest.mark.parametrize("given", ["", "a.b.c", "é", "..", "e30.e30.", "x" * 8000])
async def test_what_is_no_proof_is_refused(rp: Prober, given: str) -> None:
    assert (await redeem(rp, given, "unknown")).error == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "jwk", [None, 7, [], {}, {"kty": []}, {"kty": "oct", "k": "AA"}, {"kty": "EC", "x": []}]
)
async def test_a_key_that_is_none_is_refused(rp: Prober, jwk: Any) -> None:
    """THREAT_MODEL.md 32: Every parser bounded: no 5xx."""
    parts = ({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}, {"htm": "POST"})
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    assert (await redeem(rp, ".".join((*encoded, "AAAA")), "unknown")).error == "invalid_dpop_proof"


async def test_half_a_character_where_the_token_stands(rp: Prober, here: str) -> None:
    """THREAT_MODEL.md 32: Every parser bounded: no 5xx. JSON can say what is no text at all."""
    given = proof(f"{rp.issuer}/oidc/userinfo", method="GET", ath="\ud800")
    assert (await userinfo(rp, "unknown", given)).status == 401


async def test_the_clock_of_a_client_may_differ_a_little(rp: Prober, here: str) -> None:
    now = int(time.time())
    for seconds, status in ((20, 200), (-100, 200), (300, 400), (-300, 400)):
        assert (await redeem(rp, proof(here, iat=now + seconds))).status == status


async def test_a_query_in_htu_is_not_compared(rp: Prober, here: str) -> None:
    """RFC 9449 §4.3 (9)."""
    assert (await redeem(rp, proof(f"{here}?a=b#c"))).status == 200


async def test_of_many_uses_of_one_proof_one_succeeds(rp: Prober, here: str) -> None:
    """THREAT_MODEL.md 15: RFC 9449 §11.1: a proof is spent in the store, on SQLite and on PostgreSQL."""
    robot, given = rp.other("robot", secret=rp.secret), proof(here)
    racing = (token(robot, given, grant_type="client_credentials") for _ in range(RACERS))
    answers = await asyncio.gather(*racing)
    assert sorted({answer.status for answer in answers}) == [200, 400]
    assert sum(answer.status == 200 for answer in answers) == 1


async def test_it_is_announced(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert {"ES256", "RS256"} <= set(said["dpop_signing_alg_values_supported"])
