"""A strict relying party: it believes nothing that OpenID Connect Core §3.1.3.7 tells it to check."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browser import Browser
from tests.configuration import SECRET
from tests.page import Page
from tests.people import Person

CALLBACK = "http://localhost:9/callback"  # never called: the browser stops before it


class Denied(Exception):
    """The authorization endpoint answered the client with an error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error


@dataclass(frozen=True)
class Pending:
    """An authorization request that was sent, and what its answer must match."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gave; `claims` are those of the verified ID token."""

    access_token: str
    id_token: str
    claims: dict[str, Any]
    refresh_token: str | None = None


class RelyingParty:
    """One client of one issuer, speaking to it through a browser's connection but without its cookies."""

    def __init__(
        self, http: Browser, issuer: str, client_id: str = "wiki",
        secret: str = SECRET, redirect_uri: str = CALLBACK, scope: str = "openid profile email",
    ) -> None:  # fmt: skip
        self.http, self.issuer, self.client_id = http, issuer, client_id
        self.secret, self.redirect_uri, self.scope = secret, redirect_uri, scope
        self.metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None

    async def discover(self) -> dict[str, Any]:
        """Read the metadata and the keys; the issuer must be exactly ours (Discovery 1.0 §4.3)."""
        page = await self.http.request("GET", f"{self.issuer}/.well-known/openid-configuration")
        assert page.status == 200, page.text
        self.metadata = json.loads(page.body)
        assert self.metadata["issuer"] == self.issuer
        keys = await self.http.request("GET", self.metadata["jwks_uri"])
        self._keys = KeySet.import_key_set(json.loads(keys.body))
        return self.metadata

    async def begin(self, **extra: str) -> Pending:
        """An authorization request with PKCE S256, state and nonce."""
        if not self.metadata:
            await self.discover()
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **extra,
        }
        url = f"{self.metadata['authorization_endpoint']}?{urlencode(parameters)}"
        return Pending(url, state, nonce, verifier)

    def code(self, pending: Pending, page: Page) -> str:
        """The code in the redirect that came back. Raises `Denied` for an error response."""
        location = page.location or ""
        assert location.startswith(self.redirect_uri), f"{page.status} {page.url} {page.text[:600]}"
        given = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert given.get("state") == pending.state
        assert given.get("iss") == self.issuer  # RFC 9207 §2.4
        if "error" in given:
            raise Denied(given["error"], given.get("error_description", ""))
        return given["code"]

    async def redeem(self, pending: Pending, code: str) -> Tokens:
        """The tokens for a code, all checks made."""
        page = await self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=pending.verifier,
        )
        assert page.status == 200, page.text
        assert page.headers["Cache-Control"] == "no-store"
        given = json.loads(page.body)
        assert given["token_type"].lower() == "bearer"
        claims = self.verify(given["id_token"], nonce=pending.nonce)
        if "at_hash" in claims:  # Core §3.1.3.6
            assert claims["at_hash"] == _base64url(
                hashlib.sha256(given["access_token"].encode()).digest()[:16]
            )
        return Tokens(given["access_token"], given["id_token"], claims, given.get("refresh_token"))

    def verify(self, id_token: str, nonce: str | None = None) -> dict[str, Any]:
        """The claims of an ID token whose signature, issuer, audience and times are right."""
        assert self._keys is not None
        token = jwt.decode(id_token, self._keys, algorithms=["RS256", "ES256", "EdDSA"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        ).validate(token.claims)
        if nonce is not None:
            assert token.claims["nonce"] == nonce
        return dict(token.claims)

    async def token(self, **parameters: str) -> Page:
        """A request to the token endpoint, authenticated by client_secret_basic (RFC 6749 §2.3.1)."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        basic = base64.b64encode(pair.encode()).decode()
        return await self._plain("POST", self.metadata["token_endpoint"], parameters, f"Basic {basic}")

    async def userinfo(self, access_token: str) -> Page:
        return await self._plain("GET", self.metadata["userinfo_endpoint"], None, f"Bearer {access_token}")

    async def login(self, person: Person, **extra: str) -> Tokens:
        """A whole login in this party's browser. Raises `Denied`."""
        pending = await self.begin(**extra)
        page = await self.http.login(pending.url, person, self.redirect_uri)
        return await self.redeem(pending, self.code(pending, page))

    async def _plain(self, method: str, url: str, data: dict[str, str] | None, authorization: str) -> Page:
        """A service's own call carries no cookies of a person."""
        return await self.http.request(method, url, data, {"Authorization": authorization}, cookies=False)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
