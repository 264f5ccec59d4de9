"""Token exchange: a service calls the next in its user's name (RFC 8693)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from protocols.oidc.acting import ACCESS_TOKEN
from protocols.oidc.vocabulary import TOKEN_EXCHANGE
from tests.browser import Browser
from tests.people import ALICE, PATTERN, Person
from tests.protocols.oidc.prober import Answer, Prober, claims, header
from tests.protocols.oidc.test_dpop import OWN, proof
from tests.relying_party import RelyingParty
from tests.running import Browsers
from tests.server import Server

pytestmark = pytest.mark.both_stores

API, FILES = "https://api.example.com", "https://files.example.com/v1"
GONE = Person("gone", pattern=PATTERN)


@pytest.fixture
def backend(rp: Prober) -> Prober:
    """May exchange what the wiki and `online` got; writes JWTs, and knows users by a name of its own."""
    return rp.other("backend", secret=rp.secret)


@pytest.fixture
def deeper(rp: Prober) -> Prober:
    """May exchange what `backend` got, and look at it."""
    return rp.other("deeper", secret=rp.secret)


async def exchange(
    client: Prober, token: str, headers: dict[str, str] | None = None, **changed: Any
) -> Answer:
    """A right request; a parameter changed to None is left out."""
    right = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "resource": API,
    }
    form = {name: value for name, value in (right | changed).items() if value is not None}
    sent = client.authentication(form) | (headers or {})
    return await client.post("/oidc/token", urlencode(form, doseq=True), sent)


async def introspect(client: Prober, token: str) -> dict[str, Any]:
    form = {"token": token}
    return (await client.post("/oidc/introspect", urlencode(form), client.authentication(form))).json


async def own(client: Prober) -> str:
    """A token in the service's own name."""
    token: str = (await client.token(grant_type="client_credentials")).json["access_token"]
    return token


async def test_a_token_for_the_next_service(rp: Prober, backend: Prober) -> None:
    """RFC 8693 §2.2.1: the same user, this client, that audience; narrower, and no refresh token."""
    tokens = await rp.tokens()
    answer = await exchange(backend, tokens["access_token"])
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    said = answer.json
    assert set(said) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (said["issued_token_type"], said["token_type"]) == (ACCESS_TOKEN, "Bearer")
    assert said["scope"] == "openid profile", "email is not the backend's, offline_access nobody's"
    assert 0 < said["expires_in"] <= tokens["expires_in"]
    spoken = claims(said["access_token"])
    assert header(said["access_token"])["typ"] == "at+jwt"
    assert (spoken["iss"], spoken["aud"], spoken["client_id"]) == (rp.issuer, [API], "backend")
    user = claims(tokens["id_token"])
    assert spoken["sub"] != user["sub"], "the backend is of another sector"
    assert {name: spoken[name] for name in ("auth_time", "acr", "amr")} == {
        name: user[name] for name in ("auth_time", "acr", "amr")
    }
    assert "act" not in spoken and "sid" not in spoken


async def test_it_opens_nothing_of_ours(rp: Prober, backend: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    token = (await exchange(backend, (await rp.tokens())["access_token"])).json["access_token"]
    assert (await backend.userinfo(token)).status == 401


async def test_who_acts_is_said(rp: Prober, backend: Prober, deeper: Prober) -> None:
    """RFC 8693 §4.1: `act`, and within it whoever acted before; the same to whoever introspects."""
    subject = (await rp.tokens())["access_token"]
    actor = {"actor_token": await own(backend), "actor_token_type": ACCESS_TOKEN}
    first = (await exchange(backend, subject, **actor)).json["access_token"]
    assert claims(first)["act"] == {"sub": "backend"}
    actor = {"actor_token": await own(deeper), "actor_token_type": ACCESS_TOKEN}
    second = (await exchange(deeper, first, resource=FILES, **actor)).json["access_token"]
    said = await introspect(deeper, second)
    assert said["act"] == {"sub": "deeper", "act": {"sub": "backend"}}
    assert (said["client_id"], said["aud"], said["token_type"]) == ("deeper", [FILES], "Bearer")
    kept = await introspect(deeper, (await exchange(deeper, first)).json["access_token"])
    assert kept["act"] == {"sub": "backend"}


async def test_a_chain_has_an_end(rp: Prober, backend: Prober) -> None:
    token = (await rp.tokens())["access_token"]
    actor = {"actor_token": await own(backend), "actor_token_type": ACCESS_TOKEN}
    for _ in range(8):
        token = (await exchange(backend, token, **actor)).json["access_token"]
    assert (await exchange(backend, token, **actor)).error == "invalid_request"


async def test_introspection_by_the_service_and_its_api(rp: Prober, backend: Prober, deeper: Prober) -> None:
    token = (await exchange(backend, (await rp.tokens())["access_token"])).json["access_token"]
    for asking in (backend, deeper):
        said = await introspect(asking, token)
        assert said["active"] is True
        assert (said["sub"], said["exp"]) == (claims(token)["sub"], claims(token)["exp"])
    assert await introspect(rp, token) == {"active": False}


async def test_the_target_must_be_allowed(rp: Prober, backend: Prober) -> None:
    """RFC 8693 §2.2.2: invalid_target; several may be named, by address or by name."""
    subject = (await rp.tokens())["access_token"]
    for changed in ({"resource": None}, {"resource": "https://evil.example"}, {"audience": "payroll"},
                    {"resource": [API, "https://evil.example"]}):  # fmt: skip
        assert (await exchange(backend, subject, **changed)).error == "invalid_target"
    answer = await exchange(backend, subject, resource=[API, FILES], audience=["ledger"])
    assert claims(answer.json["access_token"])["aud"] == [API, FILES, "ledger"]


async def test_the_scope_is_only_narrowed(rp: Prober, backend: Prober) -> None:
    subject = (await rp.tokens(scope="openid profile"))["access_token"]
    assert (await exchange(backend, subject, scope="profile")).json["scope"] == "profile"
    for scope in ("openid email", "read", "offline_access", "unknown"):
        assert (await exchange(backend, subject, scope=scope)).error == "invalid_scope"


async def test_only_whose_tokens_the_service_may_exchange(
    rp: Prober, backend: Prober, deeper: Prober
) -> None:
    """Off unless a service has the grant type; then its own and those of the services that it names."""
    subject = (await rp.tokens())["access_token"]
    assert (await exchange(rp, subject)).error == "unauthorized_client"
    assert (await exchange(deeper, subject)).error == "invalid_request"
    other = await rp.other("other", secret=rp.secret).tokens()
    assert (await exchange(backend, other["access_token"])).error == "invalid_request"
    mine = (await exchange(backend, subject)).json["access_token"]
    assert (await exchange(backend, mine, resource=FILES)).status == 200
    backend.secret = "wrong"
    assert (await exchange(backend, subject)).error == "invalid_client"


async def test_a_subject_that_is_none_is_an_invalid_request(rp: Prober, backend: Prober) -> None:
    """RFC 8693 §2.2.2; THREAT_MODEL.md 13."""
    tokens = await rp.tokens()
    for subject in ("", "unknown", "a.b.c", "é", tokens["refresh_token"], tokens["id_token"],
                    await rp.code(), await own(backend)):  # fmt: skip
        assert (await exchange(backend, subject)).error == "invalid_request", subject
    for changed in ({"subject_token_type": None}, {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
                    {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
                    {"actor_token": await own(backend)}, {"actor_token_type": ACCESS_TOKEN},
                    {"actor_token": "unknown", "actor_token_type": ACCESS_TOKEN},
                    {"actor_token": await own(backend), "actor_token_type": "urn:other"}):  # fmt: skip
        assert (await exchange(backend, tokens["access_token"], **changed)).error == "invalid_request", (
            changed
        )


async def test_nobody_else_stands_in_act(rp: Prober, backend: Prober, deeper: Prober) -> None:
    subject = (await rp.tokens())["access_token"]
    for stolen in (await own(deeper), (await rp.tokens())["access_token"]):
        actor = {"actor_token": stolen, "actor_token_type": ACCESS_TOKEN}
        assert (await exchange(backend, subject, **actor)).error == "invalid_request"


async def test_a_user_of_the_service_itself_may_act(rp: Prober, backend: Prober, erin: Prober) -> None:
    """RFC 8693 §1.1: as long as what he gave stands, and the new token no longer than his."""
    subject = (await rp.tokens())["access_token"]
    his = (await erin.other("backend", secret=erin.secret).tokens(scope="openid"))["access_token"]
    actor = {"actor_token": his, "actor_token_type": ACCESS_TOKEN}
    said = claims((await exchange(backend, subject, **actor)).json["access_token"])
    assert said["act"] == {"sub": claims(his)["sub"]} != {"sub": said["sub"]}
    assert said["exp"] <= claims(his)["exp"]
    form = {"token": his}
    assert (await backend.post("/oidc/revoke", urlencode(form), backend.authentication({}))).status == 200
    assert (await exchange(backend, subject, **actor)).error == "invalid_request"


async def test_it_ends_with_its_family(rp: Prober, backend: Prober, deeper: Prober) -> None:
    """Revoking the refresh token or the subject alone ends the new token and what was made from it."""
    for kind in ("refresh_token", "access_token"):
        tokens = await rp.tokens()
        first = (await exchange(backend, tokens["access_token"])).json["access_token"]
        second = (await exchange(deeper, first)).json["access_token"]
        assert (await introspect(deeper, second))["active"] is True
        form = {"token": tokens[kind]}
        assert (await rp.post("/oidc/revoke", urlencode(form), rp.authentication(form))).status == 200
        for client, token in ((backend, first), (deeper, second)):
            assert await introspect(client, token) == {"active": False}
            assert (await exchange(client, token)).error == "invalid_request"


async def test_it_is_given_back_by_its_own_service_alone(rp: Prober, backend: Prober) -> None:
    tokens = await rp.tokens()
    token = (await exchange(backend, tokens["access_token"])).json["access_token"]
    form = {"token": token}
    assert (await rp.post("/oidc/revoke", urlencode(form), rp.authentication({}))).error == "invalid_grant"
    assert (await introspect(backend, token))["active"] is True
    assert (await backend.post("/oidc/revoke", urlencode(form), backend.authentication({}))).status == 200
    assert await introspect(backend, token) == {"active": False}
    assert (await rp.userinfo(tokens["access_token"])).status == 200


async def test_it_may_be_bound_to_a_key(rp: Prober, backend: Prober) -> None:
    """RFC 9449 §5."""
    subject = (await rp.tokens())["access_token"]
    given = {"DPoP": proof(f"{rp.issuer}/oidc/token")}
    said = (await exchange(backend, subject, given)).json
    assert said["token_type"] == "DPoP"
    assert claims(said["access_token"])["cnf"] == {"jkt": OWN.thumbprint()}


async def login(browser: Browser, server: Server, person: Person) -> str:
    """An access token for the service `online`, which is for as long as the session."""
    uri = "https://online.example.com/cb"
    party = RelyingParty(browser, server.url, "online", redirect_uri=uri, scope="openid email")
    return (await party.login(person)).access_token


async def test_neither_without_the_session_nor_without_the_user(
    backend: Prober, server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 24: Within 1 s of disabling a user, and after signing out, all is refused."""
    server.add_user(GONE.name, "staff", pattern=PATTERN)
    for person in (ALICE, GONE):
        browser = browsers()
        subject = await login(browser, server, person)
        token = (await exchange(backend, subject)).json["access_token"]
        if person is ALICE:
            page = await browser.get(f"{server.url}/logout")
            await browser.submit(page, {}, form=page.forms[0])
        else:
            server.cli("user", "disable", person.name, "--tenant", "demo")
        assert await introspect(backend, token) == {"active": False}
        assert (await exchange(backend, subject)).error == "invalid_request"


async def test_every_exchange_is_in_the_audit_log(rp: Prober, backend: Prober, server: Server) -> None:
    subject = (await rp.tokens())["access_token"]
    await exchange(backend, subject)
    await exchange(backend, subject, resource="https://evil.example")
    assert API in server.cli("audit", "show", "--tenant", "demo", "--event", "token.exchanged")
    refused = server.cli("audit", "show", "--tenant", "demo", "--event", "token.refused")
    assert "invalid_target" in refused and "backend" in refused


async def test_discovery_says_it(rp: Prober) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert TOKEN_EXCHANGE in said["grant_types_supported"]
