"""pyoidc's own Client, whose message classes are strict about what a provider may say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from oic import rndstr
from oic.oic import Client
from oic.oic.message import AuthorizationResponse, RegistrationRequest, RegistrationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

from tests.browser import Browser
from tests.configuration import SECRET
from tests.people import ALICE, Person
from tests.relying_party import CALLBACK
from tests.server import Server


def discovered(server: Server) -> Client:
    """Knows the provider, and is nobody there yet."""
    client = Client(client_authn_method=CLIENT_AUTHN_METHOD)
    client.provider_config(server.url)
    client.redirect_uris = [CALLBACK]
    return client


def registered_by_hand(server: Server) -> Client:
    client = discovered(server)
    client.store_registration_info(RegistrationResponse(client_id="wiki", client_secret=SECRET))
    return client


def registered_by_itself(server: Server) -> Client:
    """With the token sent as RFC 6750 says: `Client.register` would send its base64."""
    client = discovered(server)
    request: RegistrationRequest = client.create_registration_request(
        client_name="Report", grant_types=["authorization_code", "refresh_token"]
    )
    token = server.cli("client", "token", "add", "--tenant", "demo").strip()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    endpoint = client.provider_info["registration_endpoint"]
    answer = client.http_request(endpoint, "POST", data=request.to_json(), headers=headers)
    told = client.handle_registration_info(answer)
    assert told["redirect_uris"] == [CALLBACK]
    read = client.registration_read()  # RFC 7592 §2.1, at the address and with the token that it was told
    assert read["client_id"] == told["client_id"]
    return client


REGISTERED = {"by hand": registered_by_hand, "by itself": registered_by_itself}


async def login(client: Client, person: Person) -> dict[str, Any]:
    """A whole login; the claims of userinfo, after the ID token was verified."""
    state, nonce = rndstr(32), rndstr(32)
    challenge, verifier = client.add_code_challenge()
    asked = {"response_type": "code", "scope": ["openid", "email", "profile", "offline_access"]}
    asked |= {"redirect_uri": CALLBACK, "state": state, "nonce": nonce, **challenge}
    request = client.construct_AuthorizationRequest(request_args={"client_id": client.client_id, **asked})
    async with Browser() as browser:
        page = await browser.login(request.request(client.authorization_endpoint), person, CALLBACK)
    assert (page.location or "").startswith(CALLBACK), page.text
    return await asyncio.to_thread(finish, client, page.location or "", nonce, verifier)


def finish(client: Client, location: str, nonce: str, verifier: str) -> dict[str, Any]:
    answer = client.parse_response(AuthorizationResponse, info=location, sformat="urlencoded")
    assert isinstance(answer, AuthorizationResponse), answer
    redeemed = {"code": answer["code"], "redirect_uri": CALLBACK, "code_verifier": verifier}
    tokens = client.do_access_token_request(
        state=answer["state"], request_args=redeemed, authn_method="client_secret_basic"
    )
    assert tokens["id_token"]["nonce"] == nonce
    assert tokens["id_token"]["aud"] == [client.client_id]
    renewed = client.do_access_token_refresh(state=answer["state"], authn_method="client_secret_basic")
    assert renewed["access_token"] != tokens["access_token"]
    claims: dict[str, Any] = client.do_user_info_request(state=answer["state"]).to_dict()
    assert claims["sub"] == tokens["id_token"]["sub"]
    return claims


@pytest.mark.parametrize("how", REGISTERED)
async def test_oic_client_gets_the_user(server: Server, how: str) -> None:
    """It verifies issuer, audience, nonce and signature, reads userinfo and refreshes."""
    client = await asyncio.to_thread(REGISTERED[how], server)
    claims = await login(client, ALICE)
    assert claims["preferred_username"] == "alice"
    assert claims["email"] == "alice@example.com"
