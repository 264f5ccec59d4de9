"""`/oidc/authorize`: a service sends a browser to be signed in (OpenID Connect Core §3.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.login import Wish
from idp.outcome import Accept, Challenge, Reject, Resume
from idp.policy import Attempt
from idp.web.login import respond
from idp.web.respond import page
from idp.web.visiting import visit
from protocols.oidc import hint, issuer, provider
from protocols.oidc.checks import REPORTABLE, known_client, prompts_of, registered_redirect_uri
from protocols.oidc.claims import parse_request
from protocols.oidc.clients import Client
from protocols.oidc.door import DOOR, redirect
from protocols.oidc.errors import AuthorizationError, Malformed, Untrusted
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import from_form, from_query

# Of a request that passed every check, what is still needed once the login has begun.
KEPT: Final = (
    "client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge", "code_challenge_method",
    "resource",
)  # fmt: skip
USERNAME: Final = "username"  # the question that comes first where nobody is signed in


async def authorize(request: web.Request) -> web.Response:
    """GET and POST alike. A fault of client or redirect URI is shown here, any other reported by redirect."""
    here = issuer.of(request)
    try:
        parameters = await from_form(request) if request.method == "POST" else from_query(request)
        client = known_client(parameters, here.clients)
        registered_redirect_uri(parameters, client)
    except (Malformed, Untrusted) as fault:
        return page(request, "error/bad_request", status=400, error=fault.error, what=fault.description)
    try:
        return await _begin(request, here, client, parameters)
    except AuthorizationError as fault:
        return redirect(here.tenant, parameters, error=fault.error, error_description=fault.description)


async def _begin(
    request: web.Request, here: Issuer, client: Client, parameters: Mapping[str, str]
) -> web.Response:
    accepted, wish = accept(parameters, client), wish_of(parameters)
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        if "id_token_hint" in parameters:
            accepted["subject"] = await hint.subject(here, tx, client, parameters["id_token_hint"])
        attempt = Attempt(DOOR, client.service, visiting.caller.address, visiting.now)
        outcome = await here.provider.login.begin(visiting, attempt, Resume(DOOR, accepted), wish)
        if isinstance(outcome, Accept):
            response: web.Response = await here.provider.doors[DOOR].resume(visiting, outcome)
            return response
    if wish.passive:
        raise _unanswered(outcome)
    return respond(request, outcome)


def accept(parameters: Mapping[str, str], client: Client) -> dict[str, Any]:
    """The request as it is kept, as JSON. Raises `AuthorizationError` for the first check that fails."""
    for check in REPORTABLE:
        check(parameters, client)
    accepted: dict[str, Any] = {name: parameters[name] for name in KEPT if name in parameters}
    asked = dict.fromkeys(parameters["scope"].split())
    accepted["scope"] = " ".join(scope for scope in asked if scope in client.scopes)
    if "claims" in parameters:
        try:
            accepted["claims"] = parse_request(parameters["claims"])
        except Malformed as fault:
            raise AuthorizationError("invalid_request", fault.description) from None
    provider.verify(accepted)
    return accepted


def wish_of(parameters: Mapping[str, str]) -> Wish:
    """What the client asks of the login. `max_age=0` means `prompt=login` (OpenID Connect Core §3.1.2.1)."""
    prompts = prompts_of(parameters)
    age = int(parameters["max_age"]) if "max_age" in parameters else None
    return Wish(
        fresh="login" in prompts or age == 0,
        max_age=age,
        passive="none" in prompts,
        username=parameters.get("login_hint"),
    )


def _unanswered(outcome: Challenge | Reject) -> AuthorizationError:
    """With `prompt=none` nothing may be asked, nor any page be shown (Core §3.1.2.6)."""
    if isinstance(outcome, Reject):
        return AuthorizationError("access_denied", "the user may not enter this service")
    if outcome.authenticator == USERNAME:
        return AuthorizationError("login_required", "the user has to sign in")
    return AuthorizationError("interaction_required", "the user has to prove more")
