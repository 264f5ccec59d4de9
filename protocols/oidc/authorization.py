"""`/oidc/authorize`: a service sends a browser to be signed in (OpenID Connect Core §3.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Reject, Resume
from idp.policy import Attempt
from idp.web import cookies
from idp.web.exchange import LOCALE, NOW
from idp.web.language import CHOSEN, choose
from idp.web.login import respond, send
from idp.web.visiting import visit
from protocols.oidc import hint, issuer, provider, registered, request_object
from protocols.oidc.arrival import Asked, arrive, came_as_required, store
from protocols.oidc.checks import REPORTABLE, prompts_of, registered_redirect_uri
from protocols.oidc.claims import parse_request
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, Malformed, Untrusted
from protocols.oidc.issuer import DOOR, Issuer
from protocols.oidc.refusal import refuse, refuse_here
from protocols.oidc.response import canonical

PATH: Final = "/oidc/authorize"
# Of a request that passed every check, what is still needed once the login has begun.
KEPT: Final = (
    *("client_id", "redirect_uri", "response_mode", "state", "nonce", "code_challenge"),
    *("code_challenge_method", "prompt", "acr_values", "claims_locales", "resource", "dpop_jkt"),
)
USERNAME: Final = "username"  # the question that comes first where nobody is signed in
ASKING_WHO: Final = frozenset(("login", "select_account"))


async def authorize(request: web.Request) -> web.Response:
    """GET and POST alike. A fault of client or redirect URI is shown here, any other told to the client."""
    here = issuer.of(request)
    try:
        asked = await arrive(request, here)
    except (Malformed, Untrusted) as fault:
        return await refuse_here(request, here, fault)
    try:
        asked = await request_object.unfold(here, asked, request[NOW])
        registered_redirect_uri(asked.parameters, asked.client)
        came_as_required(asked)
        return await _begin(request, here, asked)
    except (AuthorizationError, Untrusted) as fault:
        return await refuse(request, here, asked, fault)


async def _begin(request: web.Request, here: Issuer, asked: Asked) -> web.Response:
    client, parameters = asked.client, asked.parameters
    accepted, wish = accept(parameters, client), wish_of(parameters)
    if request.method == "POST" and cookies.read(request, here.tenant, cookies.SESSION) is None:
        return await _come_back(here, asked, request[NOW])
    if CHOSEN in parameters:
        request[LOCALE] = choose(request, parameters[CHOSEN])
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        if "id_token_hint" in parameters:
            accepted["subject"] = await hint.subject(here, tx, client, parameters["id_token_hint"])
        attempt = Attempt(DOOR, client.service, visiting.caller.address, visiting.now)
        outcome = await here.provider.login.begin(visiting, attempt, Resume(DOOR, accepted), wish)
        if isinstance(outcome, Accept):
            response: web.Response = await here.provider.doors[DOOR].resume(request, visiting, outcome)
            return response
    if wish.passive:
        raise _unanswered(outcome)
    if asked.is_stored and isinstance(outcome, Challenge):
        return send(request, outcome)
    return respond(request, outcome)


async def _come_back(here: Issuer, asked: Asked, now: int) -> web.Response:
    """A form of another site brings no `SameSite=Lax` cookie; the address that it is sent to does.

    So the request is kept, and the browser fetches it by its name.
    """
    uri, _ = await store(here, asked, now)
    query = urlencode({"client_id": asked.client.id, "request_uri": uri})
    location = f"{here.tenant.prefix}{PATH}?{query}"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def accept(parameters: Mapping[str, str], client: Client) -> dict[str, Any]:
    """The request as it is kept, as JSON. Raises `AuthorizationError` for the first check that fails."""
    for check in REPORTABLE:
        check(parameters, client)
    accepted: dict[str, Any] = {name: parameters[name] for name in KEPT if name in parameters}
    if client.names is not None:
        accepted["names"] = registered.called(client, parameters["redirect_uri"])
    accepted["response_type"] = canonical(parameters["response_type"])
    scopes = dict.fromkeys(parameters["scope"].split())
    accepted["scope"] = " ".join(scope for scope in scopes if scope in client.scopes)
    if "claims" in parameters:
        try:
            accepted["claims"] = parse_request(parameters["claims"])
        except Malformed as fault:
            raise AuthorizationError("invalid_request", fault.description) from None
        if "userinfo" in accepted["claims"] and accepted["response_type"] == "id_token":  # Core §5.5
            raise AuthorizationError(
                "invalid_request", "claims asks of userinfo, but no access token is given"
            )
    provider.verify(accepted)
    return accepted


def wish_of(parameters: Mapping[str, str]) -> Wish:
    """What the client asks of the login. `max_age=0` means `prompt=login` (OpenID Connect Core §3.1.2.1)."""
    prompts = prompts_of(parameters)
    age = int(parameters["max_age"]) if "max_age" in parameters else None
    return Wish(
        fresh=bool(prompts & ASKING_WHO) or age == 0,
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
