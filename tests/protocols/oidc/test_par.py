"""Pushed requests (RFC 9126): named once, for one client, for a moment."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.people import ALICE
from tests.protocols.oidc.prober import Answer, Prober
from tests.protocols.oidc.signer import sign
from tests.protocols.oidc.test_dpop import OTHER, OWN, proof, redeem
from tests.running import Browsers

pytestmark = pytest.mark.both_stores


async def push(client: Prober, **changed: str | None) -> Answer:
    form = client.request(**changed)
    del form["client_id"]
    headers = client.authentication(form)
    return await client.post("/oidc/par", urlencode(form), headers)


async def push_proving(client: Prober, given: str, **changed: str | None) -> Answer:
    """With a proof of the client's key (RFC 9449 §10.1)."""
    form = client.request(**changed)
    return await client.post("/oidc/par", urlencode(form), client.authentication(form) | {"DPoP": given})


async def pushed(client: Prober, **changed: str | None) -> str:
    answer = await push(client, **changed)
    assert answer.status == 201, answer.text
    return str(answer.json["request_uri"])


async def fetch(client: Prober, uri: str, **beside: str) -> Answer:
    query = urlencode({"client_id": client.client_id, "request_uri": uri, **beside})
    return await client.get(f"/oidc/authorize?{query}", {"Cookie": client.cookie})


@pytest.fixture
def pushing(rp: Prober) -> Prober:
    """A client that must push."""
    return rp.other("pushing", secret=rp.secret)


async def test_a_pushed_request_is_answered(pushing: Prober) -> None:
    """§2.2, §4: and nothing beside its name counts."""
    answer = await push(pushing)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert 60 <= answer.json["expires_in"] <= 90
    evil = {"redirect_uri": "https://evil.example/", "state": "outside", "scope": "x"}
    done = await fetch(pushing, answer.json["request_uri"], **evil)
    assert done.headers["Location"].startswith(f"{pushing.redirect_uri}?")
    assert done.query["state"] == "a state"
    assert (await pushing.redeem(done.query["code"])).status == 200


async def test_a_pushed_request_leads_through_a_login(pushing: Prober, browsers: Browsers) -> None:
    browser, uri = browsers(), await pushed(pushing)
    query = urlencode({"client_id": "pushing", "request_uri": uri})
    asked = await browser.get(f"{pushing.issuer}/oidc/authorize?{query}")
    asked = await browser.get(asked.url)  # it can be reloaded
    assert asked.asked == "username"
    done = await browser.login(asked, ALICE, "https://pushing")
    assert "code=" in (done.location or "")


async def test_its_name_works_once_and_for_its_client_only(pushing: Prober, rp: Prober) -> None:
    """THREAT_MODEL.md 13: client A's value from client B; RFC 9126 §7.3."""
    uri = await pushed(pushing)
    assert "code" in (await fetch(pushing, uri)).query
    again = await fetch(pushing, uri)
    assert again.status == 400
    assert "Location" not in again.headers
    for client_id in ("wiki", "twin"):
        stolen = await fetch(rp.other(client_id), await pushed(pushing))
        assert stolen.status == 400
        assert "invalid_request_uri" in stolen.text
        assert "Location" not in stolen.headers


async def test_of_many_who_fetch_it_one_gets_it(pushing: Prober) -> None:
    """THREAT_MODEL.md 15: exactly one succeeds, with several processes."""
    uri = await pushed(pushing)
    answers = await asyncio.gather(*(fetch(pushing, uri) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [303] + [400] * 19


async def test_who_must_push_cannot_do_without(pushing: Prober, rp: Prober) -> None:
    """§5, §6; a request that a browser posted was not pushed."""
    assert (await pushing.authorize()).query["error"] == "invalid_request"
    pushing.cookie = ""
    assert (await pushing.authorize_by_post()).query["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"response_type": "id_token"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"prompt": "create"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
async def test_a_fault_is_told_when_it_is_pushed(
    pushing: Prober, changed: dict[str, Any], error: str
) -> None:
    """§2.3."""
    answer = await push(pushing, **changed)
    assert (answer.status, answer.json["error"]) == (400, error)


async def test_only_the_client_itself_can_push(pushing: Prober, rp: Prober) -> None:
    """§2: authenticated as at the token endpoint; THREAT_MODEL.md 12: Empty, missing, white-space secrets: refused."""
    for secret in ("wrong", "", " "):
        pushing.secret = secret
        answer = await push(pushing)
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    form = rp.request(client_id="pushing")
    mixed = await rp.post("/oidc/par", urlencode(form), rp.authentication({}))
    assert mixed.status == 400
    spa = rp.other("spa")
    spa.method = "none"
    assert (await push(spa)).status == 201


async def test_a_signed_request_may_be_pushed(rp: Prober) -> None:
    """§3."""
    signed = rp.other("signed", secret=rp.secret)
    assert (await push(signed)).json["error"] == "invalid_request"
    form = {"request": sign(signed.request())}
    answer = await signed.post("/oidc/par", urlencode(form), signed.authentication({}))
    assert answer.status == 201, answer.text
    assert "code" in (await fetch(signed, answer.json["request_uri"])).query


async def test_no_other_secret_is_the_name_of_a_request(pushing: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    code = (await fetch(pushing, await pushed(pushing))).query["code"]
    answer = await fetch(pushing, f"urn:ietf:params:oauth:request_uri:{code}")
    assert answer.status == 400
    uri = await pushed(pushing)
    assert (await pushing.redeem(uri.rpartition(":")[2])).error == "invalid_grant"


async def test_a_key_that_is_proven_with_the_request_binds_its_code(pushing: Prober) -> None:
    """RFC 9449 §10.1: as by `dpop_jkt`. Who steals the code and the client's secret has not got the key."""
    here = f"{pushing.issuer}/oidc/token"
    for stolen_with in (None, proof(here, key=OTHER)):
        answer = await push_proving(pushing, proof(f"{pushing.issuer}/oidc/par"))
        code = (await fetch(pushing, answer.json["request_uri"])).query["code"]
        assert (await redeem(pushing, stolen_with, code)).error == "invalid_grant"
    answer = await push_proving(pushing, proof(f"{pushing.issuer}/oidc/par"), dpop_jkt=OWN.thumbprint())
    code = (await fetch(pushing, answer.json["request_uri"])).query["code"]
    assert (await redeem(pushing, proof(here), code)).json["token_type"] == "DPoP"


async def test_a_proof_that_is_wrong_or_of_another_key_than_named_is_no_request(pushing: Prober) -> None:
    """RFC 9449 §10.1; a proof is used once, here too."""
    used = proof(f"{pushing.issuer}/oidc/par")
    assert (await push_proving(pushing, used)).status == 201
    for given in (used, proof(f"{pushing.issuer}/oidc/token"), "a.b.c"):
        assert (await push_proving(pushing, given)).error == "invalid_dpop_proof"
    answer = await push_proving(pushing, proof(f"{pushing.issuer}/oidc/par"), dpop_jkt=OTHER.thumbprint())
    assert (answer.status, answer.error) == (400, "invalid_dpop_proof")
