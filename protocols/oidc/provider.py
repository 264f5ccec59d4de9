"""pyop's endpoints as plain functions of a ledger, with the rules that pyop 3.5 gets wrong overridden."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Final, Self

from oic.exception import PyoidcError
from pyop.exceptions import InvalidTokenRequest, OAuthError
from pyop.message import AuthorizationRequest
from pyop.provider import Provider
from pyop.request_validator import authorization_request_verify
from pyop.userinfo import Userinfo

from keys import base64url
from protocols.oidc.access_token import type_of
from protocols.oidc.claims import TOLD, is_wished_subject, of_user
from protocols.oidc.claims_languages import chosen
from protocols.oidc.errors import AuthorizationError, TokenError
from protocols.oidc.ledger import PRESENTED, Ledger, State
from protocols.oidc.pkce import is_proven
from protocols.oidc.settings import OFFLINE_ACCESS
from protocols.oidc.vocabulary import DEVICE_CODE

for _library in ("pyop", "oic", "jwkest"):  # below WARNING they tell codes and tokens
    logging.getLogger(_library).setLevel(logging.WARNING)

DESCRIPTIONS: Final = {  # pyop's own texts repeat codes and tokens
    "invalid_grant": "the grant is unknown, expired, used, or was given for another request",
    "invalid_scope": "the scope goes beyond what was granted",
    "unauthorized_client": "this client may not use this grant_type",
    "unsupported_grant_type": "this grant_type is not supported",
}


class _Userinfo(Userinfo):  # type: ignore[misc]  # pyop has no types
    """What is known of the user is worked out when it is asked for: a code alone tells nothing of him."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__({ledger.user.id: {}})
        self.ledger = ledger

    def get_claims_for(self, _user: str, requested: Mapping[str, Any], _: Any = None) -> dict[str, Any]:
        """pyop looks for the name only: a claim asked for with a value is given only if it has it."""
        if not requested:
            return {}
        user, client, request = self.ledger.user, self.ledger.client, self.ledger.grant.request
        return chosen(of_user(user, client), requested, request.get("claims_locales", ""))


class _Provider(Provider):  # type: ignore[misc]  # pyop has no types
    """One is made for the process; a copy serves a request."""

    ledger: Ledger

    def __init__(self) -> None:
        # Shown nowhere: discovery is ours, and pyop refuses the http issuer that a demo on loopback has.
        names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        endpoints = dict.fromkeys(names, "https://issuer.invalid")
        super().__init__(None, {**endpoints, "subject_types_supported": ["public"]}, None, {}, None)
        # Client and redirect URI are checked before pyop is asked; it does so too late (open redirect).
        self.authentication_request_validators = [authorization_request_verify]

    def opened(self, ledger: Ledger) -> Self:
        provider = object.__new__(type(self))
        provider.__dict__.update(self.__dict__)  # as `copy.copy` does, at a quarter of its price
        provider.ledger = ledger
        provider.authz_state = State(ledger)
        provider.clients = {ledger.client.id: {}}
        provider.extra_scopes = ledger.client.scopes
        provider.userinfo = _Userinfo(ledger)
        return provider

    def parse_authentication_request(self, request: Mapping[str, Any], _: Any = None) -> AuthorizationRequest:
        message = AuthorizationRequest().from_dict(request)
        if OFFLINE_ACCESS in message["scope"]:
            message["prompt"] = ["consent"]  # given by whoever listed the scope (OpenID Connect Core §11)
        for validate in self.authentication_request_validators:
            validate(message)
        return message

    def _check_subject_identifier_matches_requested(self, request: Mapping[str, Any], subject: str) -> None:
        if not is_wished_subject(request, subject):
            raise OAuthError("another subject", "login_required")

    def _verify_client_authentication(self, form: Mapping[str, str], _headers: Any = None) -> dict[str, str]:
        return {**form, "client_id": self.ledger.client.id}  # proven by `clients.authenticate`

    def _verify_code_exchange_req(self, form: Mapping[str, str], request: Mapping[str, str]) -> None:
        same = all(form[name] == request[name] for name in ("client_id", "redirect_uri"))
        if not same or not is_proven(request.get("code_challenge"), form.get("code_verifier")):
            raise InvalidTokenRequest("not the request that was granted", form, "invalid_grant")

    def _do_token_refresh(self, form: Mapping[str, str]) -> Any:
        response = super()._do_token_refresh(form)
        # Without nonce: OpenID Connect Core §12.2.
        response["id_token"] = self._create_signed_id_token(
            self.ledger.client.id, self.ledger.subject, access_token_value=response["access_token"]
        )
        return response

    def _create_signed_id_token(
        self,
        client_id: str,
        sub: str,
        user_claims: Mapping[str, Any] | None = None,
        nonce: str | None = None,
        authorization_code: str | None = None,
        access_token_value: str | None = None,
        extra_id_token_claims: Mapping[str, Any] | None = None,
    ) -> str:
        """By our own key ring: the library beneath pyop draws ECDSA nonces from a predictable generator."""
        ledger = self.ledger
        key = ledger.ring.pick(ledger.client.settings.id_token_signed_response_alg)
        told = ledger.grant.request.get(TOLD, {})
        claims = {**(user_claims or {}), **told, **(extra_id_token_claims or {})}
        claims |= {"iss": ledger.issuer, "sub": sub, "aud": client_id}
        claims |= {"iat": ledger.now, "exp": ledger.now + ledger.id_token_seconds}
        claims |= {"auth_time": ledger.grant.auth_time, "acr": ledger.grant.acr, "amr": ledger.grant.amr}
        if ledger.grant.sid:
            claims["sid"] = ledger.grant.sid  # Back-Channel Logout §2.1, Front-Channel Logout §3
        if nonce:
            claims["nonce"] = nonce
        for name, value in (("c_hash", authorization_code), ("at_hash", access_token_value)):
            if value:
                claims[name] = _half_hash(key.alg, value)
        recipient, signed = ledger.client.recipient("id_token"), key.sign(claims)
        return recipient.encrypt(signed.encode(), "JWT") if recipient else signed


PROVIDER: Final = _Provider()


def verify(request: Mapping[str, Any]) -> None:
    """Raise `AuthorizationError` if pyop's message class finds a fault in an accepted request."""
    try:
        PROVIDER.parse_authentication_request(request)
    except (PyoidcError, OAuthError):
        raise AuthorizationError("invalid_request", "the request is malformed") from None


def expects(ledger: Ledger) -> None:
    """Raise `AuthorizationError` if the client wants to hear of another user."""
    if not is_wished_subject(ledger.grant.request, ledger.subject):
        raise AuthorizationError("login_required", "another user than asked for has signed in")


def authorize(ledger: Ledger) -> dict[str, Any]:
    """The answer that the ledger's grant asks for: code, access token, ID token. It `expects` the user."""
    request = AuthorizationRequest().from_dict(ledger.grant.request)
    answer = PROVIDER.opened(ledger).authorize(request, ledger.user.id)
    response = {name: value for name, value in answer.items() if name != "state"}
    if "access_token" in response:
        response["scope"] = " ".join(ledger.grant.scope)
    return response


def redeem(ledger: Ledger, form: Mapping[str, str]) -> dict[str, Any]:
    """The token response to a code or refresh token, which the grant and database have found live.

    `form` is the token request, its client authenticated. Raises `TokenError`.
    """
    presented = {**form, "code": PRESENTED, "refresh_token": PRESENTED}
    if form["grant_type"] == DEVICE_CODE:  # to pyop a code like any other, once it is known to be allowed
        presented |= {
            "grant_type": "authorization_code",
            "redirect_uri": ledger.grant.request["redirect_uri"],
        }
    try:
        response: dict[str, Any] = PROVIDER.opened(ledger).handle_token_request(presented).to_dict()
    except OAuthError as fault:
        error = fault.oauth_error
        raise TokenError(error, DESCRIPTIONS.get(error, "the request is malformed")) from None
    response["scope"] = " ".join(next(issued.scope for issued in ledger.issued if issued.kind == "access"))
    response["token_type"] = type_of(ledger.jkt)
    return response


def userinfo(ledger: Ledger) -> dict[str, Any]:
    """The claims that the ledger's grant gives, `sub` among them."""
    bearer = {"Authorization": f"Bearer {PRESENTED}"}
    claims: dict[str, Any] = PROVIDER.opened(ledger).handle_userinfo_request("", bearer).to_dict()
    return {**claims, **ledger.grant.request.get(TOLD, {})}


def _half_hash(alg: str, value: str) -> str:
    """OpenID Connect Core §3.1.3.6; for Ed25519 the hash is the SHA-512 of the algorithm itself."""
    digest = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(value.encode()).digest()
    return base64url.encode(digest[: len(digest) // 2]).decode()
