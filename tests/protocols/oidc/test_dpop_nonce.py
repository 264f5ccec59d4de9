"""Nonces in DPoP proofs, where the tenant wants them (RFC 9449 §8)."""

from __future__ import annotations

from typing import Any

from protocols.oidc.nonces import SECONDS, Nonces
from tests.browser import Browser
from tests.people import ALICE
from tests.protocols.oidc.prober import Answer, Prober
from tests.protocols.oidc.registrar import CALLBACK, Registrar
from tests.protocols.oidc.test_dpop import proof, redeem, userinfo
from tests.protocols.oidc.test_par import push_proving

NOW = 1_800_000_000


async def code(client: Prober, told: dict[str, Any]) -> str:
    async with Browser() as browser:
        page = await browser.login(client.address(scope="openid"), ALICE, CALLBACK)
        form = next(form for form in page.forms if form.fields.get("decision") == "allow")
        page = await browser.submit(page, {}, CALLBACK, form)
    return (page.location or "").partition("code=")[2].partition("&")[0]


def asked_for(answer: Answer) -> str:
    assert answer.headers["DPoP-Nonce"]
    return str(answer.headers["DPoP-Nonce"])


async def test_a_proof_without_our_nonce_is_sent_back_with_one(asking: Registrar) -> None:
    """§8, §9: at both endpoints, nothing spent; with the nonce it is as ever, and bearer tokens need none."""
    told = await asking.registered(client_name="nonces")
    client = asking.client(told)
    at = f"{asking.issuer}/oidc/token"
    given = await code(client, told)
    refused = await redeem(client, proof(at), given)
    assert (refused.status, refused.error) == (400, "use_dpop_nonce")
    for wrong in ("x", "", "\N{SNOWMAN}", 7, None):
        assert (await redeem(client, proof(at, nonce=wrong), given)).error == "use_dpop_nonce"
    answer = await redeem(client, proof(at, nonce=asked_for(refused)), given)
    assert answer.status == 200, answer.text
    token, uses = answer.json["access_token"], f"{asking.issuer}/oidc/userinfo"
    refused = await userinfo(client, token, proof(uses, "GET", token=token))
    assert refused.status == 401
    assert 'error="use_dpop_nonce"' in refused.headers["WWW-Authenticate"]
    nonce = asked_for(refused)
    answer = await userinfo(client, token, proof(uses, "GET", token=token, nonce=nonce))
    assert answer.status == 200
    assert asked_for(answer), "for the next one"


async def test_where_the_tenant_wants_none_none_is_given(home: Prober) -> None:
    answer = await redeem(home, proof(f"{home.issuer}/oidc/token"))
    assert answer.status == 200
    assert "DPoP-Nonce" not in answer.headers


def test_one_is_good_for_a_few_minutes_at_its_own_tenant() -> None:
    nonces, others = Nonces(b"1" * 32), Nonces(b"2" * 32)
    nonce = nonces.current(NOW)
    assert nonces.is_good(nonce, NOW)
    assert nonces.is_good(nonce, NOW + SECONDS)
    assert not nonces.is_good(nonce, NOW + 2 * SECONDS)
    assert not nonces.is_good(nonce, NOW - SECONDS)
    assert not others.is_good(nonce, NOW)


async def test_a_request_is_pushed_with_our_nonce_too(asking: Registrar) -> None:
    """§8, §10.1."""
    client = asking.client(await asking.registered(client_name="pushed nonces"))
    at = f"{asking.issuer}/oidc/par"
    refused = await push_proving(client, proof(at), scope="openid")
    assert (refused.status, refused.error) == (400, "use_dpop_nonce")
    answer = await push_proving(client, proof(at, nonce=asked_for(refused)), scope="openid")
    assert answer.status == 201, answer.text
