"""The clients of one tenant: found by `client_id`, proven by their secret."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from idp.tenant import Service
from protocols.oidc.claims import by_scope
from protocols.oidc.errors import TokenError
from protocols.oidc.foreign import Keys
from protocols.oidc.foreign_encryption import Recipient
from protocols.oidc.redirect_uri import origin
from protocols.oidc.settings import ServiceSettings, TenantSettings
from protocols.oidc.subject import Pairwise

NOBODY = hashlib.sha256(b"").digest()  # compared for a client that we do not know


class KeyMissing(Exception):
    """What was to be encrypted for a client cannot be, for want of its key."""


@dataclass(frozen=True, slots=True)
class Client:
    """A service as this door sees it, with what is needed often worked out."""

    service: str
    settings: ServiceSettings
    scopes: Mapping[str, tuple[str, ...]]  # allowed scope → its claims
    access_token_seconds: int
    refresh_token_seconds: int
    refresh_grace_seconds: int
    secret_hash: bytes
    origins: frozenset[str]
    names: Mapping[str, str] | None = None  # what it calls itself, by language, if it stands in no file
    described: Mapping[str, Any] = field(default_factory=dict)  # what else it registered
    pairwise: Pairwise | None = None  # None: it knows users by their public subject
    x5t: str = ""  # of the certificate that it called with, if its tokens are bound to that (RFC 8705)
    keys: Keys | None = None  # by which what it signs is verified
    # By kind, ID token or userinfo: for whom it is encrypted.
    recipients: Mapping[str, Recipient] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.settings.client_id

    @property
    def is_public(self) -> bool:
        return self.settings.is_public

    @property
    def consents_as(self) -> str:
        """Under what name users' consents to it are kept: several clients that register share a service."""
        return self.service if self.names is None else f"{self.service}:{self.id}"

    def subject(self, user_id: str) -> str:
        """By what name this service knows the user: the id itself is random and never given again."""
        return self.pairwise.of(user_id) if self.pairwise else user_id

    def recipient(self, kind: str) -> Recipient | None:
        """For whom answers of a kind are encrypted, None if they are not.

        Raises `KeyMissing` where they must be and its keys have not been fetched: never anything in the clear.
        """
        if not self.settings.is_sealed(kind):
            return None
        if kind not in self.recipients:
            raise KeyMissing("the keys of this client cannot be had from its jwks_uri")
        return self.recipients[kind]


def new(
    service: Service, settings: ServiceSettings, tenant: TenantSettings, pairwise_key: bytes = b""
) -> Client:
    """The client that a service is at this tenant. Raises ValueError if it lacks the key for its subjects."""
    if settings.subject_type == "pairwise" and not pairwise_key:
        raise ValueError("pairwise subjects need the key of their tenant")
    secret = settings.client_secret.reveal() if settings.client_secret else ""
    return Client(
        service=service.name,
        settings=settings,
        scopes=by_scope(tenant, settings),
        access_token_seconds=settings.access_token_seconds or tenant.access_token_seconds,
        refresh_token_seconds=settings.refresh_token_seconds or tenant.refresh_token_seconds,
        refresh_grace_seconds=tenant.refresh_grace_seconds,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        origins=frozenset(filter(None, map(origin, settings.redirect_uris))),
        pairwise=Pairwise(pairwise_key, settings.sector) if settings.subject_type == "pairwise" else None,
        keys=Keys(settings.jwks) if settings.jwks else None,
        recipients=settings.recipients(settings.jwks) if settings.jwks else {},
    )


def index(
    services: Iterable[Service], tenant: TenantSettings, pairwise_key: bytes = b""
) -> dict[str, Client]:
    """The clients by `client_id`. Raises ValueError when two services share one."""
    clients: dict[str, Client] = {}
    for service in services:
        settings: Any = service.doors.get("oidc")
        if settings is None:
            continue
        client = new(service, settings, tenant, pairwise_key)
        if client.id in clients:
            raise ValueError(f"services {clients[client.id].service} and {service.name} have one client_id")
        clients[client.id] = client
    return clients


def authenticate(
    clients: Mapping[str, Client], form: Mapping[str, str], authorizations: Sequence[str]
) -> Client:
    """Who asks (RFC 6749 §2.3). Raises `TokenError` invalid_client, the same for every fault."""
    if authorizations:
        client_id, secret = _basic(authorizations[0])
        twice = len(authorizations) > 1 or "client_secret" in form
        if twice or form.get("client_id", client_id) != client_id:
            raise TokenError("invalid_request", "more than one client authentication method was used")
        method = "client_secret_basic"
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        method = "client_secret_post" if secret else "none"
    client = clients.get(client_id)
    digest = hashlib.sha256(secret.encode()).digest()
    if client is not None and client.is_public and method == "none":
        return client
    # Compared for unknown clients too, so that the time does not tell which exist.
    proven = hmac.compare_digest(digest, client.secret_hash if client else NOBODY)
    if client is None or not proven or client.settings.token_endpoint_auth_method != method:
        raise failed()
    return client


def claimed_id(form: Mapping[str, str], authorizations: Sequence[str]) -> str:
    """Whom the request says it is from, for the lookup before `authenticate`; empty if it says nothing readable."""
    if not authorizations:
        return form.get("client_id", "")
    try:
        return _basic(authorizations[0])[0]
    except TokenError:
        return ""


def _basic(authorization: str) -> tuple[str, str]:
    """Client id and secret, each form-encoded before they were joined (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise failed()
    try:
        decoded = b64decode(encoded.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        if not colon:
            raise failed()
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise failed() from None


def failed() -> TokenError:
    """What every failure of authentication is told."""
    return TokenError("invalid_client", "client authentication failed")
