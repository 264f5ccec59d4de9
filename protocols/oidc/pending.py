"""What waits for a user's decision: in the browser and the session for which it was kept, and in no other."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from idp import session
from idp.outcome import Reason, Reject
from idp.visit import Visit
from idp.web import cookies
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import TENANT
from idp.web.language import keeping
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer
from storage.records import JSON, AuthorizationRequest, User

Kind = Literal["consent", "device"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a user has to decide: `request` is what was kept for the client."""

    request: JSON
    client: Client
    user: User


async def keep(
    request: web.Request, visiting: Visit, kind: Kind, path: str, sid: str, asked: Mapping[str, Any]
) -> web.Response:
    """Keep it for this browser and the session `sid`, and send the browser to the question at `path`."""
    pending = new_token()
    await visiting.tx.authorization_requests.add(
        AuthorizationRequest(
            id_hash=hash_token(pending),
            kind=kind,
            client_id=asked["asked"]["client_id"],
            request=asked,
            created_at=visiting.now,
            expires_at=visiting.now + visiting.tenant.settings.login_seconds,
            sid=sid,
            browser_hash=visiting.caller.browser_hash,
        )
    )
    address = keeping(request, f"{visiting.tenant.prefix}{path}?pending={pending.reveal()}")
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


async def find(visiting: Visit, kind: Kind, unverified_pending: str) -> AuthorizationRequest | Reject:
    """What waits for this browser and the session that it has now."""
    presented = hash_token(Secret(unverified_pending))
    found = await visiting.tx.authorization_requests.find(presented, visiting.now)
    held = await session.find(visiting)
    if found is None or found.kind != kind:
        return Reject(Reason.EXPIRED)
    if not hmac.compare_digest(found.browser_hash or b"", visiting.caller.browser_hash):
        return Reject(Reason.FOREIGN)
    return found if held is not None and held.sid == found.sid else Reject(Reason.EXPIRED)


async def question(request: web.Request, here: Issuer, kind: Kind, pending: str) -> Question | Reject:
    """What waits under that name, to be shown: it is not taken."""
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        visiting = visit(request, tx)
        found = await find(visiting, kind, pending)
        if isinstance(found, Reject):
            return found
        held = await session.find(visiting)
        user = await visiting.user(held.user_id if held else None)
        client = await here.client(tx, found.client_id)
    return Reject(Reason.EXPIRED) if client is None or user is None else Question(found.request, client, user)


def fields(request: web.Request, path: str, pending: str) -> dict[str, Any]:
    """What a page needs whose answer comes back to us at `path`, as `is_ours` knows it."""
    tenant = request[TENANT]
    return {
        "here": f"{tenant.prefix}{path}?pending={pending}",
        "action": keeping(request, f"{tenant.prefix}{path}"),
        "pending": pending,
        "csrf": csrf(cookies.browser_secret(request, tenant), pending),
    }


async def consume(visiting: Visit, kind: Kind, unverified_pending: str) -> AuthorizationRequest | Reject:
    """The same, taken out of the store: of several windows one gets it."""
    found = await find(visiting, kind, unverified_pending)
    if isinstance(found, Reject):
        return found
    taken = await visiting.tx.authorization_requests.consume(found.id_hash, visiting.now)
    return taken or Reject(Reason.EXPIRED)


def is_ours(request: web.Request, form: Mapping[str, str]) -> bool:
    """Whether the form is the one that our page showed in this browser."""
    browser = cookies.browser_secret(request, request[TENANT])
    return is_csrf(browser, form.get("pending", ""), form.get("csrf", ""))
