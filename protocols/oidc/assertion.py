"""A client proves itself by a JWT that it signed (RFC 7523 §2.2, §3): `private_key_jwt`, `client_secret_jwt`."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from keys import base64url
from protocols.oidc import foreign_secret
from protocols.oidc.clients import Client
from protocols.oidc.foreign import Untrustworthy

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KINDS: Final = (None, "jwt", "client-authentication+jwt")  # as `typ`
SKEW_SECONDS: Final = 30  # by which clocks may differ
LIFETIME_SECONDS: Final = 600  # beyond it, the identifiers of used assertions would have to be kept too long
JTI_LIMIT: Final = 255


@dataclass(frozen=True, slots=True)
class Identifier:
    """What may be used once, until it expires."""

    digest: bytes
    expires_at: int  # epoch seconds


def unverified_subject(unverified_assertion: str) -> str:
    """Whom the assertion names, to find the keys that it must be verified with; empty if it names nobody."""
    parts = unverified_assertion.encode("utf-8", "replace").split(b".")
    try:
        claims = orjson.loads(base64url.decode(parts[1])) if len(parts) == 3 else None
    except ValueError:
        return ""
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else ""


def verify(client: Client, assertion: str, audiences: Collection[str], now: int) -> Identifier:
    """The identifier that the caller must see used for the first time. Raises `Untrustworthy`.

    `audiences` are the addresses by which a client may mean us: an assertion that also means others is refused,
    since they could present it here.
    """
    claims = _signed_claims(client, assertion)
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise Untrustworthy
    meant = claims.get("aud")
    meant = [meant] if isinstance(meant, str) else meant
    if not isinstance(meant, list) or not meant or not all(one in audiences for one in meant):
        raise Untrustworthy
    expires_at = _check_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= JTI_LIMIT:
        raise Untrustworthy
    return Identifier(identifier("client assertion", client.id, jti), expires_at)


def identifier(*parts: str) -> bytes:
    """The bytes under which one use is remembered."""
    return hashlib.sha256(orjson.dumps(parts)).digest()


def _signed_claims(client: Client, assertion: str) -> dict[str, Any]:
    """By the method and the one algorithm that the client registered (RFC 8725 §3.1)."""
    settings, algorithm = client.settings, client.settings.assertion_algorithm
    match settings.token_endpoint_auth_method:
        case "private_key_jwt" if client.keys is not None:
            return client.keys.verify(assertion, algorithm, KINDS)
        case "client_secret_jwt" if settings.client_secret is not None:
            return foreign_secret.verify(assertion, settings.client_secret, algorithm)
    raise Untrustworthy


def _check_times(claims: Mapping[str, Any], now: int) -> int:
    """When it expires. `exp` is required and near; `iat` and `nbf`, where given, have passed."""
    expires_at = _time(claims["exp"]) if "exp" in claims else 0
    issued_at, valid_from = (_time(claims[name]) if name in claims else now for name in ("iat", "nbf"))
    if not now - SKEW_SECONDS < expires_at <= now + LIFETIME_SECONDS + SKEW_SECONDS:
        raise Untrustworthy
    if max(issued_at, valid_from) > now + SKEW_SECONDS:
        raise Untrustworthy
    if issued_at < now - LIFETIME_SECONDS - SKEW_SECONDS:
        raise Untrustworthy
    return expires_at + SKEW_SECONDS


def _time(value: Any) -> int:
    """A NumericDate (RFC 7519 §2), rounded up."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Untrustworthy
    return math.ceil(value)
