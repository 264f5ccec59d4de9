"""The login pages: show the open question, take its answer, hand over to the door that asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from idp.credentials import new_password, recovery, renewal
from idp.credentials.enrolment import NAME, PIN
from idp.custody.authority import AUTHENTICATOR
from idp.flow.interaction import USERNAME
from idp.outcome import Accept, Challenge, Reason, Reject, Why
from idp.policy.conditions import CONSOLE
from idp.web import concluding, cookies, domain, language
from idp.web.certificate import client_certificate
from idp.web.csrf import csrf, is_csrf
from idp.web.exchange import NOW, PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.language import keeping
from idp.web.locale import pick
from idp.web.respond import moment, page, words
from idp.web.visiting import visit
from keys.secret import Secret

PATH = "/login"
# One field a question, some named for the browser's password manager.
FIELDS = {
    "username": "username", "password": "password", PIN: "pin", NAME: "name",
    renewal.PHRASE: "phrase", renewal.AGAIN: "again", renewal.WAY: "way",
    renewal.CHOICE: "do", new_password.QUESTION: "new", new_password.AGAIN: "again",
}  # fmt: skip
ANSWER = "answer"
PAUSE_SECONDS = 30  # before what did not answer is asked again
STATUS = {Reason.DENIED: 403, Reason.LOCKED: 429, Reason.EXPIRED: 400, Reason.FOREIGN: 400}


async def show(request: web.Request) -> web.Response:
    """GET: the open question again, with a fresh table; also after a change of language."""
    provider, tenant = request.app[PROVIDER], request[TENANT]
    interaction_id = request.query.get("interaction", "")
    async with provider.storage.transaction(tenant.name) as tx:
        outcome = await provider.login.show(
            visit(request, tx),
            interaction_id,
            restart="restart" in request.query,
            other=request.query.get("other", ""),
        )
    return respond(request, outcome)


async def submit(request: web.Request) -> web.Response:
    """POST: an answer. A form without our browser's own field is not evaluated."""
    provider, tenant, form = request.app[PROVIDER], request[TENANT], await read_form(request)
    interaction_id = form.get("interaction", "")
    if not is_csrf(cookies.browser_secret(request, tenant), interaction_id, form.get("csrf", "")):
        return reject_response(request, Reject(Reason.FOREIGN))

    def typed(question: str) -> Secret:
        if question == AUTHENTICATOR:  # nobody's word but that of TLS: a form has nothing to say
            return Secret(here.caller.certificate.thumbprint if here.caller.certificate else "")
        text = form.get(FIELDS.get(question, ANSWER), "")
        return Secret(domain.named(tenant, text, form) if question == USERNAME else text)

    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        outcome = await provider.login.answer(here, interaction_id, form.get("step", ""), typed)
        if not isinstance(outcome, Accept):
            return respond(request, outcome)
        response = await concluding.go_on(request, here, outcome)
    if outcome.session_secret:
        cookies.give(response, tenant, cookies.SESSION, outcome.session_secret)
        cookies.forget_state(request, response, tenant)
        language.speak(request, response, outcome.authentication.user)
    if outcome.device_secret:
        cookies.give_device(response, tenant, outcome.device_secret)
    return response


def respond(request: web.Request, outcome: Challenge | Reject) -> web.Response:
    """The page for a login that goes on, or for one that ended."""
    if isinstance(outcome, Challenge):
        return challenge_response(request, outcome)
    return reject_response(request, outcome)


def challenge_response(request: web.Request, challenge: Challenge) -> web.Response:
    """The page that asks the open question, whichever door began the login."""
    door, tenant = request.app[PROVIDER].doors[challenge.resume.door], request[TENANT]
    browser = cookies.browser_secret(request, tenant)
    again = f"{tenant.prefix}{PATH}?interaction={challenge.interaction_id}"
    username, domains = domain.shown(request, challenge)
    response = page(
        request,
        f"login/{challenge.authenticator}",
        status=503 if challenge.unreachable else 200,
        destinations=door.destinations(challenge.resume.request),
        here=again,
        action=keeping(request, f"{tenant.prefix}{PATH}"),
        interaction=challenge.interaction_id,
        step=challenge.step,
        csrf=csrf(browser, challenge.interaction_id),
        service=service_name(request, challenge.service, door.names(challenge.resume.request)),
        username=username,
        domains=domains,
        prompt=challenge.prompt,
        seconds=max(0, challenge.prompt.get("expires_at", request[NOW]) - request[NOW]),
        retry=challenge.retry,
        stale=challenge.stale,
        last_try=challenge.last_try,
        unreachable=challenge.unreachable,
        again_url=keeping(request, again),
        restart_url=keeping(request, f"{again}&restart=1"),
        **_why(request, challenge.why),
        choices=[
            {"name": name, "url": keeping(request, f"{again}&other={name}")} for name in challenge.options
        ],
        other_url=keeping(request, f"{again}&other=1") if challenge.other else "",
        forgotten_url=_forgotten(request),
        protect=tenant.settings.protect.use != "never",
        shown=client_certificate(request) is not None,
    )
    if challenge.unreachable:
        response.headers["Retry-After"] = str(PAUSE_SECONDS)
    cookies.give_browser(request, response, tenant)
    return response


def _why(request: web.Request, why: Why | None) -> dict[str, Any]:
    """Why more is asked, for the page."""
    if why is None:
        return {}
    return {"more": True, "because": why.because, "because_text": why.text and _text(request, why.text)}


def _forgotten(request: web.Request) -> str:
    tenant = request[TENANT]
    return keeping(request, tenant.url(recovery.PATH)) if tenant.settings.forgotten.enabled else ""


def send(request: web.Request, challenge: Challenge) -> web.Response:
    """To the page that asks, where the request that began the login cannot be sent again."""
    tenant = request[TENANT]
    address = _again(request, challenge.interaction_id)
    response = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    cookies.give_browser(request, response, tenant)
    return response


def reject_response(request: web.Request, reject: Reject) -> web.Response:
    """The page that says why it ended, in the words that help, and what to do next."""
    tenant, now = request[TENANT], request[NOW]
    # Without a session any login is another user's.
    is_signed_in = cookies.read(request, tenant, cookies.SESSION) is not None
    variables: dict[str, Any] = {
        "service": service_name(request, reject.service) if reject.service else None,
        "username": reject.username,
        "reference": reject.reference,
        "message": _text(request, reject.message) if reject.message else None,
        "because": reject.because,
        "until": moment(request, reject.until) if reject.until else None,
        "portal_url": tenant.url("/"),
        "switch_user_url": tenant.url("/logout" if is_signed_in else "/"),
        "portal_closed": reject.is_portal_closed,
        "protect": tenant.settings.protect.use != "never",
    }
    name = reject.reason.value
    if reject.reason is Reason.LOCKED and tenant.settings.lockout.mode == "slow":
        name = "slowed"
        variables["seconds"] = max(1, (reject.until or now) - now)
        variables["again_url"] = _again(request, reject.interaction_id) if reject.interaction_id else ""
    response = page(request, f"login/{name}", status=STATUS[reject.reason], **variables)
    if reject.until:
        response.headers["Retry-After"] = str(max(1, reject.until - now))
    return response


def _again(request: web.Request, interaction_id: str) -> str:
    """Where the open question is asked anew."""
    return keeping(request, f"{request[TENANT].prefix}{PATH}?interaction={interaction_id}")


def service_name(request: web.Request, name: str, names: Mapping[str, str] | None = None) -> str:
    """What people call the service; our pages by the tenant's name, but the console, which fewer may enter.

    `names` are those, by language, of somebody who stands in no file.
    """
    if names is not None:
        return _text(request, names)
    if name == CONSOLE:
        return words(request).say("console.title")
    tenant = request[TENANT]
    service = tenant.services.get(name)
    return _text(request, service.display_name if service else tenant.settings.display_name)


def _text(request: web.Request, texts: Mapping[str, str]) -> str:
    """The text in the request's language, else in the tenant's first."""
    return pick(texts, language.of(request), request[TENANT].settings.locales)
