"""client_credentials: a service in its own name, with nothing of a user (RFC 6749 §4.4)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Answer, Prober, claims, header

API = "https://api.example.com"
FILES = "https://files.example.com/v1"


@pytest.fixture
def robot(rp: Prober) -> Prober:
    return rp.other("robot", secret=rp.secret)


async def ask(client: Prober, **form: str) -> Answer:
    return await client.token(grant_type="client_credentials", **form)


async def test_a_token_in_its_own_name(robot: Prober) -> None:
    """RFC 6749 §4.4.3: no refresh token; the scopes that the service has of its own if it asks for none."""
    answer = await ask(robot)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json
    assert set(said) == {"access_token", "token_type", "expires_in", "scope"}
    assert said["token_type"] == "Bearer"
    assert set(said["scope"].split()) == {"read", "write"}


async def test_it_may_ask_for_less_and_never_for_what_is_a_users(robot: Prober) -> None:
    assert (await ask(robot, scope="read")).json["scope"] == "read"
    for scope in ("openid", "read profile", "offline_access", "groups", "unknown"):
        assert (await ask(robot, scope=scope)).error == "invalid_scope"


async def test_only_a_service_that_has_the_grant_type(rp: Prober, robot: Prober) -> None:
    """RFC 6749 §5.2: unauthorized_client, and the other way round."""
    assert (await ask(rp)).error == "unauthorized_client"
    assert (await ask(rp.other("spa", method="none"))).error == "unauthorized_client"
    assert (await robot.redeem("unknown")).error == "unauthorized_client"
    assert (await robot.refresh("unknown")).error == "unauthorized_client"
    robot.secret = "wrong"
    assert (await ask(robot)).error == "invalid_client"


async def test_it_opens_nothing_of_a_user(robot: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    token = (await ask(robot)).json["access_token"]
    refused = await robot.userinfo(token)
    assert refused.status == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


async def test_it_is_introspected_and_given_back(robot: Prober, rp: Prober) -> None:
    token = (await ask(robot, scope="read", resource=API)).json["access_token"]
    form = {"token": token}

    async def introspect(client: Prober) -> Answer:
        return await client.post("/oidc/introspect", urlencode(form), client.authentication({}))

    for asking in (robot, rp.other("api", secret=rp.secret)):
        said = (await introspect(asking)).json
        assert said["active"] is True
        assert (said["client_id"], said["sub"], said["scope"], said["aud"]) == (
            "robot",
            "robot",
            "read",
            [API],
        )
        assert "username" not in said and "auth_time" not in said
    assert (await introspect(rp)).json == {"active": False}
    other = await rp.post("/oidc/revoke", urlencode(form), rp.authentication({}))
    assert other.error == "invalid_grant"
    assert (await robot.post("/oidc/revoke", urlencode(form), robot.authentication({}))).status == 200
    assert (await introspect(robot)).json == {"active": False}


async def test_as_a_jwt_it_says_who_and_for_whom(robot: Prober) -> None:
    """RFC 9068 §2.2: `sub` is the client where there is no user."""
    token = (await ask(robot, scope="read", resource=API)).json["access_token"]
    said = claims(token)
    assert header(token)["typ"] == "at+jwt"
    assert (said["iss"], said["aud"], said["sub"]) == (robot.issuer, [API], "robot")
    assert (said["client_id"], said["scope"]) == ("robot", "read")


async def test_it_cannot_be_sent_to_the_authorization_endpoint(robot: Prober) -> None:
    """A service without a redirect URI has no business there: told on a page of our own."""
    answer = await robot.authorize()
    assert answer.status == 400
    assert "Location" not in answer.headers
