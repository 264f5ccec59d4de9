"""A relying party in the code flow, with every check that OpenID Connect Core §3.1.3.7 asks for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import aiohttp

from keys import base64url, jws
from keys.jwk import VerifyingKey
from protocols.oidc.settings import ServiceSettings

LEEWAY_SECONDS = 60


class Refused(Exception):
    """The login cannot be believed, or was denied; says why."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What the answer to an authorization request must match."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Login:
    """What we were told of a user: by the ID token, and by the userinfo endpoint."""

    claims: Mapping[str, Any]
    userinfo: Mapping[str, Any]


class RelyingParty:
    """One client of one issuer."""

    def __init__(self, issuer: str, client: ServiceSettings) -> None:
        self.issuer = issuer
        self.client = client
        self.redirect_uri = client.redirect_uris[0]
        self._metadata: dict[str, Any] = {}

    async def request(self, http: aiohttp.ClientSession) -> tuple[str, Pending]:
        """Where to send the browser, and what to remember until it comes back."""
        metadata = await self._discover(http)
        pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
        challenge = base64url.encode(hashlib.sha256(pending.verifier.encode()).digest()).decode()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(scope for scope in self.client.scopes if scope != "offline_access"),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{metadata['authorization_endpoint']}?{urlencode(query)}", pending

    async def conclude(
        self, http: aiohttp.ClientSession, answer: Mapping[str, str], pending: Pending
    ) -> Login:
        """From the query of the redirect to a login. Raises `Refused`."""
        if not hmac.compare_digest(answer.get("state", ""), pending.state):
            raise Refused("this answer belongs to another request: state differs")
        if answer.get("iss") != self.issuer:
            raise Refused("this answer is another issuer's (RFC 9207)")
        if "code" not in answer:
            raise Refused(f"{answer.get('error')}: {answer.get('error_description', '')}")
        tokens = await self._redeem(http, answer["code"], pending)
        claims = await self._verify(http, tokens["id_token"], pending.nonce)
        userinfo = await self._userinfo(http, tokens["access_token"])
        if userinfo.get("sub") != claims["sub"]:
            raise Refused("userinfo is about another user (OpenID Connect Core §5.3.2)")
        return Login(claims, userinfo)

    async def _discover(self, http: aiohttp.ClientSession) -> dict[str, Any]:
        if not self._metadata:
            metadata = await _json(http.get(f"{self.issuer}/.well-known/openid-configuration"))
            if metadata.get("issuer") != self.issuer:
                raise Refused("the discovery document is another issuer's")
            self._metadata = metadata
        return self._metadata

    async def _redeem(self, http: aiohttp.ClientSession, code: str, pending: Pending) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": pending.verifier,
        }
        headers = {}
        if self.client.client_secret is None:
            form["client_id"] = self.client.client_id
        elif self.client.token_endpoint_auth_method == "client_secret_post":  # noqa: S105  the name of a method
            form |= {
                "client_id": self.client.client_id,
                "client_secret": self.client.client_secret.reveal(),
            }
        else:
            headers["Authorization"] = _basic(self.client.client_id, self.client.client_secret.reveal())
        metadata = await self._discover(http)
        return await _json(http.post(metadata["token_endpoint"], data=form, headers=headers))

    async def _verify(self, http: aiohttp.ClientSession, id_token: str, nonce: str) -> dict[str, Any]:
        document = await _json(http.get(self._metadata["jwks_uri"]))
        keys = {jwk["kid"]: VerifyingKey.load(jwk) for jwk in document["keys"]}
        try:
            claims = jws.verify(id_token, keys.get)
        except jws.InvalidToken:
            raise Refused("the ID token is not signed by a key of the issuer") from None
        now = time.time()
        expected = {"iss": self.issuer, "aud": self.client.client_id, "nonce": nonce}
        for name, value in expected.items():
            if claims.get(name) != value:
                raise Refused(f"the ID token is for somebody else: {name} differs")
        if not claims["iat"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
            raise Refused("the ID token has expired, or is from the future")
        return claims

    async def _userinfo(self, http: aiohttp.ClientSession, access_token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        return await _json(http.get(self._metadata["userinfo_endpoint"], headers=headers))


def _basic(client_id: str, secret: str) -> str:
    """Both are encoded like a form's, so that each may have a colon (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


async def _json(asked: Any) -> dict[str, Any]:
    """The answer as JSON. Raises `Refused` for an error, with the words of the server."""
    try:
        async with asked as response:
            answer: dict[str, Any] = await response.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refused(f"the issuer does not answer: {error}") from None
    if "error" in answer:
        raise Refused(f"{answer['error']}: {answer.get('error_description', '')}")
    return answer
