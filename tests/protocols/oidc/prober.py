"""A client of the running server that does everything right, unless a test tells it what to do wrong."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import aiohttp
from yarl import URL

from tests.page import Page

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def query(self) -> dict[str, str]:
        """Of the address that the browser is sent to."""
        return dict(parse_qsl(urlsplit(self.headers["Location"]).query))

    @property
    def fragment(self) -> dict[str, str]:
        """The same where scripts of the client read it."""
        return dict(parse_qsl(urlsplit(self.headers["Location"]).fragment))

    @property
    def page(self) -> Page:
        """A page, read."""
        return Page.read("", self.status, self.headers, self.text.encode())

    @property
    def said(self) -> dict[str, str]:
        """What the client is told, in whatever mode."""
        if "Location" not in self.headers:
            (form,) = self.page.forms
            return form.fields
        return self.fragment or self.query

    @property
    def error(self) -> str:
        """Wherever the standard puts it."""
        if "Location" in self.headers:
            return self.said.get("error", "")
        return str(self.json.get("error", "")) if self.text.startswith("{") else ""


@dataclass
class Prober:
    """One client. `cookie` is what the browser has; only the authorization endpoint gets it."""

    http: aiohttp.ClientSession
    issuer: str
    cookie: str = ""
    client_id: str = "wiki"
    secret: str | None = None
    redirect_uri: str = "https://wiki.example.com/cb"
    method: str = "client_secret_basic"
    assertion: Callable[[], str] | None = None  # makes a client assertion (RFC 7523)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changed: str | None) -> dict[str, str]:
        """A right authorization request; a parameter changed to None is left out."""
        right = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile email offline_access",
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (right | changed).items() if value is not None}

    def address(self, **changed: str | None) -> str:
        """Where the browser is sent."""
        return f"{self.issuer}/oidc/authorize?{urlencode(self.request(**changed))}"

    async def authorize(self, **changed: str | None) -> Answer:
        """Send the browser; redirects are shown, not followed."""
        encoded = urlencode(self.request(**changed))
        return await self.get(f"/oidc/authorize?{encoded}", {"Cookie": self.cookie})

    async def authorize_by_post(self, **changed: str | None) -> Answer:
        """The same with a form."""
        encoded = urlencode(self.request(**changed))
        return await self.post("/oidc/authorize", encoded, {"Cookie": self.cookie})

    async def code(self, **changed: str | None) -> str:
        """A code, for the user whose session the browser has."""
        answer = await self.authorize(**changed)
        assert answer.status == 303, answer.text
        return answer.query["code"]

    def authentication(self, form: dict[str, str]) -> dict[str, str]:
        """Who we are: the headers that come back, or added to the form."""
        if self.method == "client_secret_basic":
            joined = f"{quote_plus(self.client_id)}:{quote_plus(self.secret or '')}"
            return {"Authorization": f"Basic {b64encode(joined.encode()).decode()}"}
        form["client_id"] = self.client_id
        if self.assertion is not None:
            form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            form["client_assertion"] = self.assertion()
            return {}
        if self.secret is not None:
            form["client_secret"] = self.secret
        return {}

    async def token(self, **form: str | None) -> Answer:
        """A token request with our authentication; a parameter that is None is left out."""
        given = {name: value for name, value in form.items() if value is not None}
        headers = self.authentication(given)
        return await self.post("/oidc/token", urlencode(given), headers)

    async def redeem(self, _code: str, **changed: str | None) -> Answer:
        right: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": _code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return await self.token(**(right | changed))

    async def refresh(self, token: str, **changed: str | None) -> Answer:
        right: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.token(**(right | changed))

    async def tokens(self, **changed: str | None) -> dict[str, Any]:
        """The whole flow: the token response."""
        answer = await self.redeem(await self.code(**changed))
        assert answer.status == 200, answer.text
        return answer.json

    async def userinfo(self, token: str) -> Answer:
        return await self.get("/oidc/userinfo", {"Authorization": f"Bearer {token}"})

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return await self.send("GET", path, None, headers or {})

    async def post(self, path: str, body: str | bytes, headers: dict[str, str] | None = None) -> Answer:
        return await self.send("POST", path, body, FORM | (headers or {}))

    async def send(self, method: str, path: str, body: str | bytes | None, headers: Any) -> Answer:
        url = URL(self.issuer + path, encoded=True)
        async with self.http.request(
            method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.text())

    def other(self, client_id: str, **changed: Any) -> Self:
        """Another client in the same browser."""
        uri = f"https://{client_id}.example.com/cb"
        return type(self)(self.http, self.issuer, self.cookie, client_id, redirect_uri=uri, **changed)


def claims(token: str) -> dict[str, Any]:
    """What a token of ours says; its signature is checked where that is the matter."""
    return _part(token, 1)


def header(token: str) -> dict[str, Any]:
    return _part(token, 0)


def _part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value
