"""Requests that the client signed (RFC 9101), and what else might be taken for one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.protocols.oidc.prober import Answer, Prober
from tests.protocols.oidc.signer import CLIENT_KEY, STRANGER, sign, sign_with_bytes

NOW = int(time.time())  # when the tests were collected: the last runs many minutes later
DAY = 86400


@pytest.fixture
def signing(rp: Prober) -> Prober:
    """A client that may sign."""
    return rp.other("signing", secret=rp.secret)


@pytest.fixture
def signed(rp: Prober) -> Prober:
    """A client that must sign."""
    return rp.other("signed", secret=rp.secret)


async def sent(client: Prober, claims: Any, **header: Any) -> Answer:
    return await client.authorize(request=sign(claims, **header))


async def test_what_the_object_says_counts_and_what_it_leaves_open_may_stand_beside(signing: Prober) -> None:
    """OpenID Connect Core §6.1."""
    inside = {"client_id": "signing", "state": "inside", "max_age": 10000, "nonce": "inside",
              "claims": {"id_token": {"email": None}}}  # fmt: skip
    answer = await sent(signing, inside)
    assert answer.query["state"] == "inside"
    assert (await signing.redeem(answer.query["code"])).status == 200


async def test_where_it_must_be_signed_nothing_beside_it_counts(signed: Prober) -> None:
    """RFC 9101 §6.3."""
    whole = {**signed.request(), "iss": "signed", "aud": signed.issuer, "exp": NOW + DAY, "nbf": NOW - 1}
    answer = await signed.authorize(
        request=sign(whole), state="outside", scope="openid bogus", prompt="login"
    )
    assert answer.query["state"] == "a state"
    assert "code" in answer.query
    del whole["state"]
    assert "state" not in (await signed.authorize(request=sign(whole))).query
    del whole["code_challenge"]
    assert (await signed.authorize(request=sign(whole))).query["error"] == "invalid_request"


async def test_where_it_must_be_signed_it_is_refused_without(signed: Prober) -> None:
    """RFC 9101 §10.5: no downgrade."""
    assert (await signed.authorize()).query["error"] == "invalid_request"


FORGED: dict[str, Any] = {
    "none": "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJzaWduaW5nIn0.",
    "another key": sign({"client_id": "signing"}, STRANGER),
    "another algorithm": sign_with_bytes({"client_id": "signing"}, b"x" * 32),
    "an HMAC with the public key": sign_with_bytes(
        {"client_id": "signing"}, CLIENT_KEY.as_pem(private=False)
    ),
    "an empty key": sign_with_bytes({"client_id": "signing"}, b""),
    "a key of its own": sign({"client_id": "signing"}, jwk=STRANGER.as_dict(private=False)),
    "an address of a key": sign({"client_id": "signing"}, jku="https://evil.example/"),
    "an address of a certificate": sign({"client_id": "signing"}, x5u="https://evil.example/"),
    "an unknown kid": sign({"client_id": "signing"}, kid="other"),
    "an extension": sign({"client_id": "signing"}, crit=["b64"], b64=True),
    "an access token": sign({"client_id": "signing"}, typ="at+jwt"),
    "no object": sign(["client_id"]),
    "nonsense": "a.b.c",
    "nothing": "..",
    "five parts": "a.b.c.d.e",
    "large": "x" * 7000,
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_object_is_refused(signing: Prober, name: str) -> None:
    """THREAT_MODEL.md 11: `none`, an HMAC made with a public key, an empty key, `jku`/`x5u`/embedded `jwk`: refused."""
    answer = await signing.authorize(request=FORGED[name])
    assert answer.query["error"] == "invalid_request_object"
    assert answer.query["state"] == "a state"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "wiki"},
        {"aud": "https://other.example"},
        {"aud": []},
        {"exp": NOW - 60},
        {"exp": "soon"},
        {"exp": True},
        {"nbf": NOW + DAY},
        {"client_id": "wiki"},
        {"response_type": "id_token"},
        {"request_uri": "https://evil.example/"},
        {"request": "a.b.c"},
        {"state": ["a"]},
        {"state": True},
        {"state": "a\0"},
        {"state": "\ud800"},
        {"\ud800": "state"},
        {"max_age": 1.5},
        {"sub": "signing"},
    ],
)
async def test_an_object_that_says_what_it_must_not_is_refused(
    signing: Prober, changed: dict[str, Any]
) -> None:
    """RFC 9101 §5, §10.8; THREAT_MODEL.md 13: a client assertion, whose subject is the client, is no request."""
    answer = await sent(signing, {"client_id": "signing", **changed})
    assert answer.query["error"] == "invalid_request_object"


async def test_a_forged_object_opens_no_redirect(signing: Prober) -> None:
    """THREAT_MODEL.md 10: neither by the address beside it nor by the one inside."""
    for name, forged in FORGED.items():
        answer = await signing.authorize(request=forged, redirect_uri="https://evil.example/")
        assert answer.status == 400, name
    evil = {"client_id": "signing", "redirect_uri": "https://evil.example/"}
    assert (await sent(signing, evil)).status == 400
    assert (await signing.authorize(request=sign(evil, STRANGER), redirect_uri=None)).status == 400
