"""`id_token_hint`: an ID token of ours comes back and says who is expected (OpenID Connect Core §3.1.2.1)."""

from __future__ import annotations

from keys.jws import InvalidToken
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.issuer import Issuer
from storage import Transaction


async def subject(here: Issuer, tx: Transaction, client: Client, unverified_hint: str) -> str:
    """Whom the hint names. It may have expired; one that we did not sign for this client is an error."""
    ring = await here.signing.load(tx)  # of this tenant alone
    try:
        claims = ring.verify(unverified_hint)
    except InvalidToken:
        claims = {}
    if claims.get("aud") != client.id:
        raise AuthorizationError("invalid_request", "id_token_hint is no ID token of ours for this client")
    return str(claims["sub"])
