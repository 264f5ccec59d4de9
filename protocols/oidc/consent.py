"""`/oidc/consent`: a user agrees, or not, to what a service asks for (OpenID Connect Core §3.1.2.4)."""

from __future__ import annotations

import hmac
from typing import Any, Final

from aiohttp import web

from idp import session
from idp.outcome import Accept, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from idp.web import cookies, language
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.language import keeping
from idp.web.login import reject_response, respond, service_name
from idp.web.respond import page
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.oidc import issuer, registered
from protocols.oidc.checks import prompts_of
from protocols.oidc.claims import MEMBERS
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.granting import give, open_ledger
from protocols.oidc.issuer import DOOR, Issuer
from protocols.oidc.ledger import Ledger
from protocols.oidc.response import answer
from storage.authorization import Consent
from storage.records import AuthorizationRequest

PATH: Final = "/oidc/consent"
KIND: Final = "consent"
ALLOW: Final = "allow"


def shared(ledger: Ledger) -> tuple[str, ...]:
    """The scopes whose claims the service would get, whether it names the scope or the claims one by one."""
    claims = ledger.grant.request.get("claims") or {}
    named = {name for member in MEMBERS for name in claims.get(member) or {}}
    of_claims = [scope for scope, held in ledger.client.scopes.items() if named & set(held)]
    return tuple(dict.fromkeys((*ledger.grant.scope, *of_claims)))


async def is_missing(visiting: Visit, ledger: Ledger) -> bool:
    """Whether the user has to be asked: where the service says so, and always with `prompt=consent`."""
    if "consent" in prompts_of(ledger.grant.request):
        return True
    match ledger.client.settings.consent:
        case "never":
            return False
        case "required":
            return True
    found = await visiting.tx.consents.find(ledger.user.id, ledger.client.consents_as)
    if found is None or found.names != (ledger.client.names or {}):
        return True  # also where it goes by another name, or to another place, than the user agreed to
    return not set(shared(ledger)) <= set(found.scope)


async def ask(request: web.Request, visiting: Visit, ledger: Ledger) -> web.Response:
    """Keep the request for this browser and this session, and send the browser to the question."""
    pending = new_token()
    await visiting.tx.authorization_requests.add(
        AuthorizationRequest(
            id_hash=hash_token(pending),
            kind=KIND,
            client_id=ledger.client.id,
            request={"asked": ledger.grant.request, "shared": shared(ledger)},
            created_at=visiting.now,
            expires_at=visiting.now + visiting.tenant.settings.login_seconds,
            sid=ledger.grant.sid,
            browser_hash=visiting.caller.browser_hash,
        )
    )
    address = keeping(request, f"{visiting.tenant.prefix}{PATH}?pending={pending.reveal()}")
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


async def show(request: web.Request) -> web.Response:
    """GET: the question. It may be shown again until it is answered."""
    here, pending = issuer.of(request), request.query.get("pending", "")
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        visiting = visit(request, tx)
        found = await _find(visiting, pending)
        if isinstance(found, Reject):
            return reject_response(request, found)
        held = await session.find(visiting)
        user = await visiting.user(held.user_id if held else None)
        client = await here.client(tx, found.client_id)
    if client is None or user is None:
        return reject_response(request, Reject(Reason.EXPIRED))
    return page(
        request,
        "consent/ask",
        destinations=(found.request["asked"]["redirect_uri"],),
        here=f"{here.tenant.prefix}{PATH}?pending={pending}",
        action=keeping(request, f"{here.tenant.prefix}{PATH}"),
        pending=pending,
        csrf=csrf(cookies.browser_secret(request, here.tenant), pending),
        service=service_name(request, client.service, client.names),
        policy_url=registered.page(client.described, "policy_uri", language.of(request)),
        terms_url=registered.page(client.described, "tos_uri", language.of(request)),
        username=user.username,
        scopes=found.request["shared"],
    )


async def submit(request: web.Request) -> web.Response:
    """POST: the decision, taken once."""
    here, form = issuer.of(request), await read_form(request)
    pending = form.get("pending", "")
    if not is_csrf(cookies.browser_secret(request, request[TENANT]), pending, form.get("csrf", "")):
        return reject_response(request, Reject(Reason.FOREIGN))
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        found = await _find(visiting, pending)
        if not isinstance(found, Reject) and not await tx.authorization_requests.consume(
            found.id_hash, visiting.now
        ):
            found = Reject(Reason.EXPIRED)  # another window was faster
        if isinstance(found, Reject):
            return reject_response(request, found)
        return await _conclude(request, here, visiting, found, is_allowed=form.get("decision") == ALLOW)


async def _find(visiting: Visit, unverified_pending: str) -> AuthorizationRequest | Reject:
    """The request that waits for this browser and the session that it has now."""
    presented = hash_token(Secret(unverified_pending))
    found = await visiting.tx.authorization_requests.find(presented, visiting.now)
    held = await session.find(visiting)
    if found is None or found.kind != KIND:
        return Reject(Reason.EXPIRED)
    if not hmac.compare_digest(found.browser_hash or b"", visiting.caller.browser_hash):
        return Reject(Reason.FOREIGN)
    return found if held is not None and held.sid == found.sid else Reject(Reason.EXPIRED)


async def _conclude(
    request: web.Request, here: Issuer, visiting: Visit, found: AuthorizationRequest, *, is_allowed: bool
) -> web.Response:
    """The rules are asked again: they, or the user, may have changed while the page was open."""
    client, asked = await here.client(visiting.tx, found.client_id), found.request["asked"]
    if client is None:
        return reject_response(request, Reject(Reason.EXPIRED))
    attempt = Attempt(DOOR, client.service, visiting.caller.address, visiting.now)
    outcome = await here.provider.login.begin(visiting, attempt, Resume(DOOR, asked))
    if not isinstance(outcome, Accept):
        return respond(request, outcome)
    user_id, scope = outcome.authentication.user.id, tuple(found.request["shared"])
    details: dict[str, Any] = {"user_id": user_id, "service": client.service, "scope": " ".join(scope)}
    try:
        if not is_allowed:
            await visiting.record("consent.denied", **details)
            raise AuthorizationError("access_denied", "the user does not consent")
        ledger = await open_ledger(here, client, visiting, outcome)
    except AuthorizationError as fault:
        said = {"error": fault.error, "error_description": fault.description}
        return answer(request, client.service, asked, **said)
    await _remember(visiting, client, user_id, scope)
    await visiting.record("consent.given", **details)
    return await give(request, here, visiting, ledger)


async def _remember(visiting: Visit, client: Client, user_id: str, scope: tuple[str, ...]) -> None:
    """What he agreed to, with what he agreed to before if it goes by the same name."""
    names = client.names or {}
    before = await visiting.tx.consents.find(user_id, client.consents_as)
    known = before.scope if before and before.names == names else ()
    agreed = tuple(dict.fromkeys((*known, *scope)))
    await visiting.tx.consents.replace(Consent(user_id, client.consents_as, agreed, visiting.now, names))
