"""What waits for a user's decision: in the browser and the session for which it was kept, and in no other."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiohttp import web

from idp import session
from idp.outcome import Accept, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from idp.web import cookies
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.language import keeping
from idp.web.login import reject_response, respond
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.oidc.clients import Client
from protocols.oidc.issuer import DOOR, Issuer
from storage.records import JSON, AuthorizationRequest, User

Kind = Literal["consent", "device"]
ALLOW: Final = "allow"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a user has decided, who is signed in and let in by the rules: `shared` are the scopes that he was shown."""

    client: Client
    accept: Accept
    shared: tuple[str, ...]
    is_allowed: bool


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


async def _consume(visiting: Visit, kind: Kind, unverified_pending: str) -> AuthorizationRequest | Reject:
    """The same, taken out of the store: of several windows one gets it."""
    found = await find(visiting, kind, unverified_pending)
    if isinstance(found, Reject):
        return found
    taken = await visiting.tx.authorization_requests.consume(found.id_hash, visiting.now)
    return taken or Reject(Reason.EXPIRED)


async def decide(
    request: web.Request,
    here: Issuer,
    kind: Kind,
    conclude: Callable[[web.Request, Issuer, Visit, Decision], Awaitable[web.Response]],
) -> web.Response:
    """POST: take what waits, once, and conclude it.

    The rules are asked again: they, or the user, may have changed while the page was open.
    """
    form = await read_form(request)
    if not _is_ours(request, form):
        return reject_response(request, Reject(Reason.FOREIGN))
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        found = await _consume(visiting, kind, form.get("pending", ""))
        if isinstance(found, Reject):
            return reject_response(request, found)
        client = await here.client(tx, found.client_id)
        if client is None:
            return reject_response(request, Reject(Reason.EXPIRED))
        attempt = Attempt(DOOR, client.service, visiting.caller.address, visiting.now)
        outcome = await here.provider.login.begin(visiting, attempt, Resume(DOOR, found.request["asked"]))
        if not isinstance(outcome, Accept):
            return respond(request, outcome)
        shared, is_allowed = tuple(found.request["shared"]), form.get("decision") == ALLOW
        return await conclude(request, here, visiting, Decision(client, outcome, shared, is_allowed))


def _is_ours(request: web.Request, form: Mapping[str, str]) -> bool:
    """Whether the form is the one that our page showed in this browser."""
    browser = cookies.browser_secret(request, request[TENANT])
    return is_csrf(browser, form.get("pending", ""), form.get("csrf", ""))
