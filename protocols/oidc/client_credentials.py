"""A service asks for a token in its own name; no user is behind it (RFC 6749 §4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.visit import Visit
from keys.token import hash_token
from protocols.oidc import access_token, resources
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.settings import OFFLINE_ACCESS, OPENID
from storage.presented import ServiceToken

# Scopes that speak of a user, with the claims that they stand for, are not for a token without one.
OF_USERS = frozenset((OPENID, OFFLINE_ACCESS))


async def redeem(
    here: Issuer, visiting: Visit, client: Client, form: Mapping[str, str], jkt: str
) -> dict[str, Any] | TokenError:
    """An access token and nothing else: who can ask again needs no refresh token (§4.4.3)."""
    own = [scope for scope, claims in client.scopes.items() if scope not in OF_USERS and not claims]
    wished = list(dict.fromkeys(form.get("scope", "").split())) or own
    if not set(wished) <= set(own):
        return TokenError("invalid_scope", "the scope goes beyond what this client may have of its own")
    try:
        audience = resources.audience(form, client, {})
    except TokenError as fault:
        return fault
    scope, now = " ".join(wished), visiting.now
    ring, said = (
        await here.signing.load(visiting.tx),
        {"sub": client.id, **access_token.bound(jkt, client.x5t)},
    )
    token = access_token.new(client, here.tenant.issuer, scope, audience, now, ring, **said)
    seconds = client.access_token_seconds
    await visiting.tx.service_tokens.add(
        ServiceToken(
            *(hash_token(token), client.service, client.id, tuple(wished), audience, jkt, now, now + seconds),
            certificate=client.x5t,
        )
    )
    await visiting.record("token.issued", user_id=None, service=client.service, scope=scope)
    answer = {"access_token": token.reveal(), "token_type": access_token.type_of(jkt), "expires_in": seconds}
    return {**answer, "scope": scope} if scope else answer
