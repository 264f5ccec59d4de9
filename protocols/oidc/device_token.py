"""A device asks whether its user has decided, and gets tokens once he has (RFC 8628 §3.4, §3.5)."""

from __future__ import annotations

from typing import Final

from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc import issuing, resources
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.issuing import Answer
from protocols.oidc.parameters import Form

PENDING: Final = TokenError("authorization_pending", "the user has not decided yet")
SLOWER: Final = TokenError("slow_down", "the user has not decided yet; wait 5 seconds longer from now on")
DENIED: Final = TokenError("access_denied", "the user said no")
EXPIRED: Final = TokenError("expired_token", "the device_code has expired")


async def redeem(here: Issuer, visiting: Visit, client: Client, form: Form, jkt: str) -> Answer:
    """Tokens, once. Only a device that still has to wait is told to ask less often."""
    if "device_code" not in form:
        return TokenError("invalid_request", "device_code is required")
    presented, waiting = hash_token(Secret(form["device_code"])), visiting.tx.device_grants
    found = await waiting.find(presented)
    if found is None or found.client_id != client.id:
        return issuing.failed("invalid_grant")
    if found.expires_at <= visiting.now:
        return EXPIRED
    if found.state == "denied":
        return DENIED
    if found.state == "pending":
        return PENDING if await waiting.poll(presented, visiting.now) else SLOWER
    resources.audience(form, client, found.request)  # before it is spent: the device may ask again for less
    allowed = await waiting.consume(presented, visiting.now)
    grant = await visiting.tx.grants.find(allowed.grant_id) if allowed else None
    if grant is None:  # another request was first, or what the user gave has been taken back
        return issuing.failed("invalid_grant")
    return await issuing.issue(here, visiting, client, grant, form, jkt)
