"""`request`: the authorization request as a JWT that its client signed (RFC 9101, OpenID Connect Core §6.1)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final

from protocols.oidc.arrival import Asked
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.foreign import Untrustworthy
from protocols.oidc.issuer import Issuer

TYPES: Final = frozenset((None, "jwt", "oauth-authz-req+jwt"))  # RFC 9101 §10.8
JWT_CLAIMS: Final = frozenset(
    ("iss", "aud", "exp", "nbf", "iat", "jti")
)  # about the object, not of the request
SKEW_SECONDS: Final = 10


async def unfold(here: Issuer, asked: Asked, now: int) -> Asked:
    """The request with what its object says in place of what stands beside it.

    Where the client must sign, nothing beside the object counts (RFC 9101 §6.3). Raises `AuthorizationError`.
    """
    outside = asked.parameters
    if "request" not in outside or "request_uri" in outside:
        return asked
    client = await here.client_keys.equip(asked.client, now, outside["request"])
    if client.keys is None:
        raise AuthorizationError("request_not_supported", "this client has no keys for request objects")
    claims = _verified(client, outside["request"], here.tenant.issuer, now)
    inside = {_text(name): _text(value) for name, value in claims.items() if name not in JWT_CLAIMS}
    inside = {name: value for name, value in inside.items() if value}
    for name in ("client_id", "response_type"):  # Core §6.1: must match where both say it
        if name in inside and inside[name] != outside.get(name, inside[name]):
            raise _invalid(f"{name} differs from the one beside the request object")
    if client.settings.require_signed_request_object:
        return dataclasses.replace(asked, parameters={**inside, "client_id": client.id}, is_signed=True)
    beside = {name: value for name, value in outside.items() if name != "request"}
    return dataclasses.replace(asked, parameters={**beside, **inside}, is_signed=True)


def _verified(client: Client, unverified_object: str, issuer: str, now: int) -> Mapping[str, Any]:
    assert client.keys is not None
    try:
        claims = client.keys.verify(unverified_object, client.settings.request_object_signing_alg, TYPES)
    except Untrustworthy:
        raise _invalid("the request object is not signed as the client registered") from None
    audience = claims.get("aud", issuer)
    if claims.get("iss", client.id) != client.id or issuer not in (
        audience if isinstance(audience, list) else [audience]
    ):
        raise _invalid("the request object has another iss or aud")
    # A client assertion has the client as its subject, and is signed by the same key (RFC 9101 §10.8).
    if {"request", "request_uri", "sub"} & claims.keys():
        raise _invalid("the request object contains request, request_uri or sub")
    if not _is_time(claims.get("exp", now + 1)) or claims.get("exp", now + 1) <= now - SKEW_SECONDS:
        raise _invalid("the request object has expired")
    if not _is_time(claims.get("nbf", now)) or claims.get("nbf", now) > now + SKEW_SECONDS:
        raise _invalid("the request object is not valid yet")
    return claims


def _text(value: Any) -> str:
    """As the parameter would be written: `claims` is JSON, `max_age` a number (Core §6.1)."""
    if isinstance(value, bool) or value is None or isinstance(value, float | list):
        raise _invalid("a claim of the request object is no parameter")
    try:
        text = json.dumps(value) if isinstance(value, dict) else str(value)
    except RecursionError:
        raise _invalid("a claim of the request object is nested too deeply") from None
    if "\0" in text:
        raise _invalid("a claim of the request object is no text")
    return text


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _invalid(description: str) -> AuthorizationError:
    return AuthorizationError("invalid_request_object", description)
