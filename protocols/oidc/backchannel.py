"""Telling a service from here to there that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from typing import Any, Final

from idp.logout.farewell import Untold
from idp.web.outbound import OutboundError
from keys.ring import KeyRing
from keys.token import new_id
from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer
from storage.deliveries import Delivery

TYPE: Final = "logout+jwt"  # §2.4: so that it is never taken for an ID token
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
SECONDS: Final = 120  # §4: at most two minutes; each attempt has a token of its own


def claims(issuer: str, client: Client, delivery: Delivery, now: int) -> dict[str, Any]:
    """What the logout token says: never a nonce, which would make it look like an ID token (§2.4)."""
    said: dict[str, Any] = {"iss": issuer, "sub": client.subject(delivery.user_id), "aud": client.id}
    said |= {"iat": now, "exp": now + SECONDS, "jti": new_id(), "events": {EVENT: {}}}
    return said | ({"sid": delivery.sid} if delivery.sid else {})


async def tell(here: Issuer, client: Client, delivery: Delivery, now: int) -> None:
    """Post the logout token. Raises `Untold`, also for an answer that does not confirm it (§2.8)."""
    uri = client.settings.backchannel_logout_uri
    if uri is None:
        raise Untold("it has no backchannel_logout_uri")
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        ring: KeyRing = await here.signing.load(tx)
    key = ring.pick(client.settings.id_token_signed_response_alg)
    token = key.sign(claims(here.tenant.issuer, client, delivery, now), TYPE)
    try:
        answer = await here.outbound.post(uri, {"logout_token": token})
    except OutboundError as error:
        raise Untold(str(error)) from None
    if answer.status not in (200, 204):  # §2.8: some frameworks say 204 for what has no content
        raise Untold(f"it answered {answer.status}")
