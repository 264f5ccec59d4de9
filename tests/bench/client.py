"""A lean relying party: no more work than honest checks need, so that the server is measured."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.bench.browser import Browser, Failed
from tests.bench.target import Target
from tests.bench.walk import walk


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

    async def in_own_name(self, browser: Browser) -> None:
        """A token for the client itself (RFC 6749 §4.4)."""
        await self._token(browser, grant_type="client_credentials")

    async def introspect(self, browser: Browser, tokens: dict[str, Any]) -> None:
        """Whether an access token is worth anything (RFC 7662). Raises `Failed` if it is not."""
        asked = {"token": tokens["access_token"]}
        page = await browser.send("POST", self.metadata["introspection_endpoint"], asked, self._basic)
        if page.status != 200 or json.loads(page.body)["active"] is not True:
            raise Failed(f"introspection {page.status} {page.body[:200]}")

    async def push(self, browser: Browser) -> None:
        """A pushed authorization request (RFC 9126)."""
        asked = {
            "response_type": "code",
            "client_id": self.target.client_id,
            "redirect_uri": self.target.redirect_uri,
            "scope": self.target.scope,
            "code_challenge": _base64url(hashlib.sha256(b"verifier").digest()),
            "code_challenge_method": "S256",
        }
        endpoint = self.metadata["pushed_authorization_request_endpoint"]
        page = await browser.send("POST", endpoint, asked, self._basic)
        if page.status != 201:
            raise Failed(f"pushed request {page.status} {page.body[:200]}")

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
        page = await walk(
            browser, self.target, f"{self.metadata['authorization_endpoint']}?{query}", number, asked,
            lambda page: (page.location or "").startswith(self.target.redirect_uri),
        )  # fmt: skip
        return _code(page.location or "", state)

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
