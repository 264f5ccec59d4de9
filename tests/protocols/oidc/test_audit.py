"""Every refusal lands in the audit log, with the service and the reason; what is no fault does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.protocols.oidc.device import Device
from tests.protocols.oidc.prober import Prober
from tests.protocols.oidc.registrar import Registrar
from tests.server import Server

pytestmark = pytest.mark.both_stores

API = "https://api.example.com"
WRONG = ("invalid_client", "client authentication failed")


@pytest.fixture
def stranger(http: aiohttp.ClientSession, server: Server) -> Prober:
    """Says that he is the wiki, and has not its secret."""
    return Prober(http, server.url, secret="wrong")


def refusals(server: Server, event: str, tenant: str = "demo") -> list[dict[str, Any]]:
    """Newest first."""
    return [each for each in server.audit(tenant, limit=20) if each["event"] == event]


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("/oidc/token", "token.refused"),
        ("/oidc/introspect", "introspection.refused"),
        ("/oidc/revoke", "revocation.refused"),
        ("/oidc/device_authorization", "device.refused"),
        ("/oidc/par", "authorization.refused"),
    ],
)
async def test_whoever_calls_without_right(stranger: Prober, server: Server, path: str, event: str) -> None:
    """Who he says he is stands there, and nothing else of what he sent."""
    form = {"grant_type": "authorization_code", "token": "a stolen one", "code": "another"}
    assert (await stranger.post(path, urlencode(form), stranger.authentication(form))).status == 401
    newest = refusals(server, event)[0]
    assert (newest["service"], newest["details"]["error"], newest["details"]["reason"]) == ("wiki", *WRONG)
    assert "stolen" not in str(newest) and "another" not in str(newest)
    body = urlencode({"client_id": "nobody knows me"})
    assert (await stranger.post(path, body)).status == 401
    assert refusals(server, event)[0]["service"] == ""


async def test_a_code_that_is_none(rp: Prober, server: Server) -> None:
    """With the grant that was tried, where it is one that we know."""
    assert (await rp.redeem("unknown")).error == "invalid_grant"
    newest = refusals(server, "token.refused")[0]
    assert newest["details"]["by"] == "authorization_code"
    assert newest["details"]["client"] == newest["service"] == "wiki"
    assert (
        await rp.token(grant_type="a secret typed into the wrong field")
    ).error == "unsupported_grant_type"
    assert "by" not in refusals(server, "token.refused")[0]["details"]


async def test_a_token_that_opens_nothing(rp: Prober, server: Server) -> None:
    assert (await rp.userinfo("unknown")).status == 401
    assert refusals(server, "userinfo.refused")[0]["details"]["error"] == "invalid_token"
    spoken = rp.other("spoken", secret=rp.secret)
    for_an_api = (await spoken.tokens(resource=API))["access_token"]
    assert (await rp.userinfo(for_an_api)).status == 401
    assert refusals(server, "userinfo.refused")[0]["service"] == "spoken"
    seen = len(refusals(server, "userinfo.refused"))
    assert (await rp.get("/oidc/userinfo")).status == 401
    assert len(refusals(server, "userinfo.refused")) == seen, "whoever sends no token only asks for the way"


async def test_whoever_may_not_register(open_registrar: Registrar, server: Server) -> None:
    open_registrar.token = "unknown"
    assert (await open_registrar.register()).status == 401
    tenant = open_registrar.prober.issuer.rpartition("/")[2]
    assert refusals(server, "client.refused", tenant)[0]["details"]["error"] == "invalid_token"


async def test_a_device_that_waits_is_no_fault(rp: Prober, server: Server) -> None:
    device = await Device.begin(rp.other("tv", method="none"))
    assert [(await device.poll()).error for _ in range(2)] == ["authorization_pending", "slow_down"]
    assert not [each for each in refusals(server, "token.refused") if each["service"] == "tv"]


async def test_what_was_given_names_the_rule(rp: Prober, server: Server) -> None:
    await rp.tokens()
    given = next(each for each in server.audit(limit=20) if each["event"] == "grant.given")
    assert (given["service"], bool(given["details"]["rule"])) == ("wiki", True)
