"""Somebody who registers clients (RFC 7591), and signs people in to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.browser import Browser
from tests.people import Person
from tests.protocols.oidc.prober import Answer, Prober

CALLBACK = "https://rp.example.com/cb"
JSON = {"Content-Type": "application/json"}


@dataclass
class Registrar:
    """Speaks to one issuer with one initial access token, or none."""

    prober: Prober
    token: str | None = None

    @property
    def issuer(self) -> str:
        return self.prober.issuer

    async def register(self, **metadata: Any) -> Answer:
        """A right request with `metadata` over it; null leaves out."""
        return await self.send(
            "POST", "/oidc/register", {"redirect_uris": [CALLBACK], **metadata}, self.token
        )

    async def registered(self, **metadata: Any) -> dict[str, Any]:
        """What a client is told that registers without a fault."""
        answer = await self.register(**metadata)
        assert answer.status == 201, answer.text
        return answer.json

    async def send(self, method: str, path: str, body: Any, token: str | None, **headers: str) -> Answer:
        given = {**JSON, **({"Authorization": f"Bearer {token}"} if token is not None else {}), **headers}
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        return await self.prober.send(method, path, data, given)

    async def manage(self, method: str, client: dict[str, Any], body: Any = None, token: str = "") -> Answer:
        """At the client's own address, with its token or another."""
        path = client["registration_client_uri"].removeprefix(self.issuer)
        return await self.send(method, path, body, token or client["registration_access_token"])

    def client(self, told: dict[str, Any]) -> Prober:
        """The client that was told this."""
        return Prober(
            self.prober.http,
            self.issuer,
            client_id=told["client_id"],
            secret=told.get("client_secret"),
            redirect_uri=told["redirect_uris"][0],
            method=told["token_endpoint_auth_method"],
        )

    async def tokens(self, told: dict[str, Any], person: Person, **changed: str | None) -> dict[str, Any]:
        """A whole login of a person at the client: the token response."""
        client = self.client(told)
        async with Browser() as browser:
            page = await browser.login(client.address(**changed), person, client.redirect_uri)
        answer = Answer(page.status, page.headers, page.text)
        assert urlsplit(page.location or "").path == urlsplit(client.redirect_uri).path, page.text
        redeemed = await client.redeem(answer.query["code"])
        assert redeemed.status == 200, redeemed.text
        return redeemed.json


def changeable(told: dict[str, Any]) -> dict[str, Any]:
    """What a client that was told this sends to change itself (RFC 7592 §2.2)."""
    ours = ("registration_", "client_id_issued_at", "client_secret_expires_at")
    return {name: value for name, value in told.items() if not name.startswith(ours)}
