"""What was posted from another site: kept for a moment, until the browser is back with its cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.saml.errors import Refused
from storage import Transaction
from storage.records import AuthorizationRequest

SECONDS: Final = 60  # the browser comes back at once

Kind = Literal["saml", "saml_logout"]


async def come_back(visiting: Visit, kind: Kind, path: str, kept: Mapping[str, Any]) -> web.Response:
    """Keep what was posted, and send the browser to `path` (below the tenant), which fetches it by its name.

    A form of another site brings no `SameSite=Lax` cookie; the address that it is sent to does.
    """
    reference = new_token()
    stored = AuthorizationRequest(
        id_hash=hash_token(reference),
        kind=kind,
        client_id=kept["service"],
        request=kept,
        created_at=visiting.now,
        expires_at=visiting.now + SECONDS,
    )
    await visiting.tx.authorization_requests.add(stored)
    location = f"{visiting.tenant.prefix}{path}?{urlencode({'request': reference.reveal()})}"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


async def fetch(request: web.Request, tx: Transaction, kind: Kind, now: int) -> AuthorizationRequest:
    """What the browser comes back for, once. Raises `Refused`."""
    presented = hash_token(Secret(request.query.get("request", "")))
    found = await tx.authorization_requests.find(presented, now)
    if found is not None and found.kind == kind:  # one of another kind is left to whom it belongs
        stored = await tx.authorization_requests.consume(presented, now)
        if stored is not None:
            return stored
    raise Refused("expired_request", "this message was used or has expired: begin again at the service")
