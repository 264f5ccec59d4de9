"""`/oidc/consent`: a user agrees, or not, to what a service asks for (OpenID Connect Core §3.1.2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.outcome import Reject
from idp.visit import Visit
from idp.web import language
from idp.web.login import reject_response, service_name
from idp.web.respond import page
from protocols.oidc import issuer, pending, registered
from protocols.oidc.checks import prompts_of
from protocols.oidc.claims import MEMBERS
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.granting import give, open_ledger
from protocols.oidc.issuer import Issuer
from protocols.oidc.ledger import Ledger
from protocols.oidc.pending import Decision
from protocols.oidc.refusal import refuse_within
from storage.authorization import Consent

PATH: Final = "/oidc/consent"
KIND: Final = "consent"


def shared(ledger: Ledger) -> tuple[str, ...]:
    """The scopes whose claims the service would get, whether it names the scope or the claims one by one, in whatever
    language (Core §5.2).
    """
    claims = ledger.grant.request.get("claims") or {}
    named = {name.partition("#")[0] for member in MEMBERS for name in claims.get(member) or {}}
    of_claims = [scope for scope, held in ledger.client.scopes.items() if named & set(held)]
    return tuple(dict.fromkeys((*ledger.grant.scope, *of_claims)))


async def is_missing(visiting: Visit, ledger: Ledger) -> bool:
    """Whether the user has to be asked: where the service or the rule says so, and always with `prompt=consent`."""
    if "consent" in prompts_of(ledger.grant.request):
        return True
    wanted = {ledger.client.settings.consent, ledger.consent or "never"}
    if "required" in wanted:
        return True
    if wanted == {"never"}:
        return False
    found = await visiting.tx.consents.find(ledger.user.id, ledger.client.consents_as)
    if found is None or found.names != ledger.grant.request.get("names", {}):
        return True  # also where it goes by another name, or to another place, than the user agreed to
    return not set(shared(ledger)) <= set(found.scope)


async def ask(request: web.Request, visiting: Visit, ledger: Ledger) -> web.Response:
    """Keep the request for this browser and this session, and send the browser to the question."""
    kept = {"asked": ledger.grant.request, "shared": shared(ledger)}
    return await pending.keep(request, visiting, KIND, PATH, ledger.grant.sid, kept)


async def show(request: web.Request) -> web.Response:
    """GET: the question. It may be shown again until it is answered."""
    here, waiting = issuer.of(request), request.query.get("pending", "")
    question = await pending.question(request, here, KIND, waiting)
    if isinstance(question, Reject):
        return reject_response(request, question)
    client, asked = question.client, question.request["asked"]
    return page(
        request,
        "consent/ask",
        **pending.fields(request, PATH, waiting),
        destinations=(asked["redirect_uri"],),
        service=service_name(request, client.service, asked.get("names")),
        policy_url=registered.page(client.described, "policy_uri", language.of(request)),
        terms_url=registered.page(client.described, "tos_uri", language.of(request)),
        username=question.user.login_name,
        scopes=question.request["shared"],
    )


async def submit(request: web.Request) -> web.Response:
    """POST: the decision, taken once."""
    return await pending.decide(request, issuer.of(request), KIND, _conclude)


async def _conclude(request: web.Request, here: Issuer, visiting: Visit, decision: Decision) -> web.Response:
    client, accept, scope = decision.client, decision.accept, decision.shared
    user_id, asked = accept.authentication.user.id, accept.resume.request
    details: dict[str, Any] = {"user_id": user_id, "service": client.service, "scope": " ".join(scope)}
    try:
        if not decision.is_allowed:
            await visiting.record("consent.denied", **details)
            raise AuthorizationError("access_denied", "the user does not consent")
        ledger = await open_ledger(here, client, visiting, accept)
    except AuthorizationError as fault:
        return await refuse_within(request, visiting, client.service, asked, fault)
    await remember(visiting, client, user_id, scope, asked.get("names", {}))
    return await give(request, here, visiting, ledger)


async def remember(
    visiting: Visit, client: Client, user_id: str, scope: tuple[str, ...], names: Mapping[str, str]
) -> None:
    """Write down what the user agreed to, with what he agreed to before if it goes by the same `names`.

    These are the ones that the page showed, whatever the client is called by now.
    """
    before = await visiting.tx.consents.find(user_id, client.consents_as)
    known = before.scope if before and before.names == names else ()
    agreed = tuple(dict.fromkeys((*known, *scope)))
    await visiting.tx.consents.replace(Consent(user_id, client.consents_as, agreed, visiting.now, names))
    await visiting.record("consent.given", user_id=user_id, service=client.service, scope=" ".join(scope))
