"""A lean browser and relying party: no more work than honest checks need, so that the server is measured."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import aiohttp
from joserfc import jwt
from joserfc.jwk import KeySet
from yarl import URL

from tests.bench.target import Target
from tests.people import answer

FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
INPUT = re.compile(r'<input[^>]*\bname="([^"]*)"[^>]*>')
VALUE = re.compile(r'\bvalue="([^"]*)"')
CELL = re.compile(r"<td[^>]*>(\d)</td>")
COLUMNS = 12
MAXIMUM_STEPS = 16


class Failed(Exception):
    """An operation did not end as it must."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One response, read."""

    url: str
    status: int
    body: str
    location: str | None


class Browser:
    """One virtual user's connection and cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.requests = 0
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def send(
        self, method: str, url: str, data: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Answered:
        """One exchange. A service's call has `authorization` and carries no cookies."""
        headers = {"Authorization": authorization} if authorization else {}
        if self.cookies and not authorization:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self._http.request(
            method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
        ) as response:
            self.requests += 1
            for line in response.headers.getall("Set-Cookie", ()):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
                if not value:
                    del self.cookies[name]
            location = response.headers.get("Location")
            where = urljoin(url, location) if location else None
            return Answered(url, response.status, await response.text(), where)


class Party:
    """The relying party: everything that it is told is checked, the signature only where asked for."""

    def __init__(self, target: Target) -> None:
        self.target = target
        pair = f"{quote(target.client_id, safe='')}:{quote(target.client_secret, safe='')}"
        self._basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self.metadata: dict[str, Any] = {}
        self._keys = KeySet([])

    async def discover(self, browser: Browser) -> None:
        url = f"{self.target.issuer}/.well-known/openid-configuration"
        self.metadata = json.loads((await browser.send("GET", url)).body)
        keys = await browser.send("GET", self.metadata["jwks_uri"])
        self._keys = KeySet.import_key_set(json.loads(keys.body))

    async def login(
        self, browser: Browser, number: int, *, asked: bool = True, verify: bool = False
    ) -> dict[str, Any]:
        """A code flow to the end; returns the tokens. Raises `Failed`, also where `asked` is not what happened."""
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        code = await self._authorize(browser, number, verifier, state, nonce, asked)
        tokens = await self._token(
            browser, grant_type="authorization_code", code=code, redirect_uri=self.target.redirect_uri,
            code_verifier=verifier,
        )  # fmt: skip
        claims = self._claims(tokens["id_token"], verify)
        if claims["iss"] != self.target.issuer or claims["nonce"] != nonce:
            raise Failed(f"claims {claims}")
        if asked:
            bearer = f"Bearer {tokens['access_token']}"
            userinfo = await browser.send("GET", self.metadata["userinfo_endpoint"], authorization=bearer)
            if userinfo.status != 200 or json.loads(userinfo.body)["sub"] != claims["sub"]:
                raise Failed(f"userinfo {userinfo.status}")
        return tokens

    async def refresh(self, browser: Browser, tokens: dict[str, Any]) -> dict[str, Any]:
        """The next tokens of a family."""
        fresh = await self._token(browser, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        return {**tokens, **fresh}

    async def _authorize(
        self, browser: Browser, number: int, verifier: str, state: str, nonce: str, asked: bool
    ) -> str:
        parameters = {
            "response_type": "code",
            "client_id": self.target.client_id,
            "redirect_uri": self.target.redirect_uri,
            "scope": self.target.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        query = urlencode(parameters, quote_via=quote)
        page = await browser.send("GET", f"{self.metadata['authorization_endpoint']}?{query}")
        forms = 0
        for _ in range(MAXIMUM_STEPS):
            if page.location and page.location.startswith(self.target.redirect_uri):
                break
            if page.location:
                page = await browser.send("GET", page.location)
                continue
            forms += 1
            url, fields = self._fill(page, number)
            page = await browser.send("POST", url, fields)
        if bool(forms) != asked:
            raise Failed(f"asked {forms} times")
        return _code(page.location or "", state)

    def _fill(self, page: Answered, number: int) -> tuple[str, dict[str, str]]:
        """The login form, filled in."""
        knows = {"username": f"user{number % self.target.users}", "password": self.target.password}
        for action, inside in FORM.findall(page.body):
            fields: dict[str, str] = {}
            for found in INPUT.finditer(inside):
                value = VALUE.search(found[0])
                fields[found[1]] = unescape(value[1]) if value else ""
            if not fields.keys() & {"username", "password", "answer"}:
                continue
            if "answer" in fields:
                fields["answer"] = self._digits(page)
            typed = {
                name: knows[name] for name in fields.keys() & knows.keys()
            }  # some ask for both on one page
            return urljoin(page.url, unescape(action)), {**fields, **typed}
        raise Failed(f"no login form, {page.status} {page.url} {page.body[:300]}")

    def _digits(self, page: Answered) -> str:
        cells = CELL.findall(page.body)
        return answer(self.target.pattern, [cells[at : at + COLUMNS] for at in range(0, len(cells), COLUMNS)])

    async def _token(self, browser: Browser, **parameters: str) -> dict[str, Any]:
        page = await browser.send("POST", self.metadata["token_endpoint"], parameters, self._basic)
        if page.status != 200:
            raise Failed(f"token endpoint {page.status} {page.body[:200]}")
        tokens: dict[str, Any] = json.loads(page.body)
        return tokens

    def _claims(self, id_token: str, verify: bool) -> dict[str, Any]:
        if verify:
            return dict(jwt.decode(id_token, self._keys, algorithms=["RS256", "ES256", "EdDSA"]).claims)
        body = id_token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims


def _code(location: str, state: str) -> str:
    given = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    if given.get("state") != state or "code" not in given:
        raise Failed(f"authorization response {given}")
    return given["code"]


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
