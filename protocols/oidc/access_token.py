"""Access tokens: a random text, or a JWT that a resource server can read itself (RFC 9068), as the service says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from keys.ring import KeyRing
from keys.secret import Secret
from keys.token import new_id, new_token
from protocols.oidc.clients import Client

TYPE: Final = "at+jwt"  # RFC 9068 §2.1: never taken for an ID token


def new(
    client: Client, issuer: str, scope: str, audience: tuple[str, ...], now: int, ring: KeyRing, **said: Any
) -> Secret:
    """A fresh token in the client's format. `said` are `sub` and what is told of the login (RFC 9068 §2.2);
    an `exp` in it ends the token sooner.

    It is stored like any other, so that revocation and introspection know it too.
    """
    if client.settings.access_token_format == "opaque":  # noqa: S105
        return new_token()
    claims: Mapping[str, Any] = {
        "iss": issuer,
        "aud": list(audience) or issuer,  # RFC 9068 §3: a default where no resource was asked for
        "client_id": client.id,
        "scope": scope,
        "iat": now,
        "exp": now + client.access_token_seconds,
        "jti": new_id(),
        **said,
    }
    return Secret(ring.pick(client.settings.id_token_signed_response_alg).sign(claims, TYPE))


def bound(jkt: str, x5t: str = "") -> dict[str, Any]:
    """The claim that names the key and the certificate which a token is bound to (RFC 9449 §6.1, RFC 8705 §3.1)."""
    to = {name: value for name, value in (("jkt", jkt), ("x5t#S256", x5t)) if value}
    return {"cnf": to} if to else {}


def type_of(jkt: str) -> str:
    """`token_type`: how the token is presented (RFC 9449 §5)."""
    return "DPoP" if jkt else "Bearer"
