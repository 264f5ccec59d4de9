"""Who acts for a user: the actor of a token exchange, and those for whom he acts (RFC 8693 §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc import standing
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from storage.records import JSON

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  RFC 8693 §3
DEEPEST: Final = 8  # services in a row; beyond that it is a circle


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or a service, who has proven himself by a token of his own."""

    subject: str
    expires_at: int


async def find(visiting: Visit, client: Client, form: Mapping[str, str]) -> Actor | None:
    """The actor that the request names, None if it names none. Raises `TokenError`.

    His token must be one that was issued to this very service: nobody else's name stands in its tokens.
    """
    if "actor_token" not in form:
        return None
    unusable = TokenError("invalid_request", "actor_token is none that was issued to this service")
    if form["actor_token_type"] != ACCESS_TOKEN:
        raise TokenError("invalid_request", "actor_token_type must be that of an access token")
    presented, tx, now = hash_token(Secret(form["actor_token"])), visiting.tx, visiting.now
    own = await tx.service_tokens.find(presented, now)
    if own is not None and own.client_id == client.id:
        return Actor(own.client_id, own.expires_at)
    found = await tx.tokens.find(presented, "access", now)
    if found is None or found[1].client_id != client.id:
        raise unusable
    token, grant = found
    user = await standing.user_of(visiting, grant)
    if user is None:
        raise unusable
    return Actor(client.subject(user.id), token.expires_at)


def chain(actor: Actor | None, before: JSON) -> dict[str, Any]:
    """The `act` of the new token: the actor, and within it whoever acted before. Raises `TokenError`."""
    if actor is None:
        return dict(before)
    act: dict[str, Any] = {"sub": actor.subject, **({"act": before} if before else {})}
    depth, below = 0, act
    while below:
        depth, below = depth + 1, below.get("act", {})
    if depth > DEEPEST:
        raise TokenError("invalid_request", "too many act for each other")
    return act
