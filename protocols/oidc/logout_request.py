"""What a service asks for when it sends a browser to be signed out, each part checked (RP-Initiated Logout §2, §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from keys.jws import InvalidToken
from keys.ring import KeyRing
from protocols.oidc import registered
from protocols.oidc.clients import Client
from protocols.oidc.errors import Untrusted
from protocols.oidc.issuer import Issuer
from storage.records import Session


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request in which everything is either right or left out."""

    client: Client | None = None
    hint: Mapping[str, Any] | None = None  # the claims of an ID token of ours
    post_logout_redirect_uri: str | None = None
    state: str | None = None

    @property
    def service(self) -> str:
        return self.client.service if self.client else ""

    @property
    def called(self) -> Mapping[str, str] | None:
        """What the client is called where the browser goes next, if it stands in no file."""
        if self.client is None or self.post_logout_redirect_uri is None:
            return self.client.names if self.client else None
        return registered.called(self.client, self.post_logout_redirect_uri)

    def names(self, held: Session) -> bool:
        """Whether the hint was given in this very session: then the user need not be asked."""
        return self.hint is not None and self.hint.get("sid") == held.sid

    def target(self) -> str | None:
        """Where the browser goes afterwards; `state` comes back only there (§3)."""
        uri = self.post_logout_redirect_uri
        if uri is None or self.state is None:
            return uri
        return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': self.state})}"

    def fields(self) -> dict[str, str]:
        """What our own form carries until the user has said yes."""
        given = {
            "client_id": self.client.id if self.client else None,
            "post_logout_redirect_uri": self.post_logout_redirect_uri,
            "state": self.state,
        }
        return {name: value for name, value in given.items() if value is not None}


async def read(here: Issuer, ring: KeyRing | None, parameters: Mapping[str, str]) -> LogoutRequest:
    """Raises `Untrusted` for the first fault. Without a ring no hint is looked at."""
    hint = _hint(here, ring, parameters["id_token_hint"]) if ring and "id_token_hint" in parameters else None
    client = await _client(here, hint, parameters.get("client_id"))
    uri = parameters.get("post_logout_redirect_uri")
    if uri is not None and client is None:
        raise Untrusted("invalid_request", "post_logout_redirect_uri needs an id_token_hint or a client_id")
    if uri is not None and client is not None and uri not in client.settings.post_logout_redirect_uris:
        raise Untrusted("invalid_request", "post_logout_redirect_uri is not registered for this client")
    return LogoutRequest(client, hint, uri, parameters.get("state"))


def _hint(here: Issuer, ring: KeyRing, unverified_hint: str) -> Mapping[str, Any]:
    """It may have expired (§2), but we must have signed it: by a key of this tenant and its one algorithm."""
    try:
        claims = ring.verify(unverified_hint)
    except InvalidToken:
        raise Untrusted("invalid_request", "id_token_hint is no ID token of ours") from None
    if claims.get("iss") != here.tenant.issuer or not isinstance(claims.get("aud"), str):
        raise Untrusted("invalid_request", "id_token_hint is no ID token of ours")
    return claims


async def _client(here: Issuer, hint: Mapping[str, Any] | None, client_id: str | None) -> Client | None:
    if hint is not None and client_id not in (None, hint["aud"]):
        raise Untrusted("invalid_request", "client_id is not that of the id_token_hint")
    named = hint["aud"] if hint is not None else client_id
    client = (await here.known(named)).get(named) if named is not None else None
    if client is None and hint is not None:
        raise Untrusted("invalid_request", "id_token_hint is no ID token for a client that we know")
    if client is None and client_id is not None:
        raise Untrusted("invalid_request", "client_id is unknown")
    return client
