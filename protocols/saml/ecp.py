"""`/saml/ecp`: logins by programs that carry messages themselves (saml-profiles-2.0 §4.2), over HTTP Basic.

Who signs in by user name and secret at once is asked by the same login as everybody, question by question: the
same rules decide, the same budget is spent. What a rule wants besides a password and a code cannot be answered so.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from aiohttp import BasicAuth, hdrs, web

from idp.authenticators.totp import Totp
from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt
from idp.tenant import Tenant
from idp.visit import Visit
from idp.web.exchange import NOW
from idp.web.visiting import caller, visit
from keys.secret import Secret
from keys.token import new_token
from protocols.saml import entity, soap
from protocols.saml.binding import Received
from protocols.saml.entity import DOOR, ECP, Entity, Party
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.message import AuthnRequest
from protocols.saml.names import PAOS, REQUEST_DENIED, RESPONDER, SOAP
from protocols.saml.request import arrive, check, find_consumer, keep
from protocols.saml.response import fail
from storage import Transaction
from storage.records import JSON

PASSWORD: Final = "password"  # noqa: S105  the name of an authenticator
TOTP: Final = Totp.name


class NeedsBrowser(Exception):
    """The rule of this service asks for what no program can answer at once."""


async def ecp(request: web.Request) -> web.Response:
    """POST: a request of a service, brought by the user's program with his credentials."""
    here, now = entity.of(request), request[NOW]
    try:
        received = Received(SOAP, await soap.receive(request))
        party, asked, _ = arrive(here, received, now, here.tenant.url(ECP))
        if not party.settings.ecp:
            raise Refused("not_allowed", "this service takes no logins by programs", party.service)
        kept = keep(party, asked, find_consumer(party, asked, (PAOS,)), None)
        return await _answer(request, here, party, asked, kept)
    except Refused as fault:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            said = {"error": fault.fault, "reason": fault.words}
            await visit(request, tx).record(
                "authn_request.refused", user_id=None, service=fault.service, **said
            )
        return soap.refuse(fault)
    except NeedsBrowser:
        return soap.answer_fault("needs_browser: this service asks for what only a browser can answer", 403)


async def _answer(
    request: web.Request, here: Entity, party: Party, asked: AuthnRequest, kept: JSON
) -> web.Response:
    given = _credentials(request)
    try:
        check(party, asked, (PAOS,))
        if asked.has_subject:
            raise SAMLError(RESPONDER, REQUEST_DENIED, "a program says itself who signs in")
        if given is None:
            return _unauthorized(here.tenant)
        return await _login(request, here, party, kept, *given)
    except SAMLError as error:
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            return await fail(request, visit(request, tx), here, party, kept, error)


async def _login(
    request: web.Request, here: Entity, party: Party, kept: JSON, username: Secret, secret: Secret
) -> web.Response:
    """The questions of the login in their order, each in a transaction of its own, as a browser answers them."""
    login, tenant = here.provider.login, here.tenant
    # No cookie counts, and no browser can take the login over.
    who = dataclasses.replace(caller(request), session=None, browser=new_token(), device=None, keeps=False)

    def come(tx: Transaction) -> Visit:
        return Visit(tx, tenant, who, request[NOW])

    async with here.provider.storage.transaction(tenant.name) as tx:
        begun = await _begin(come(tx), here, party, kept)
        outcome = await login.answer(come(tx), begun.interaction_id, begun.step, username)
        answers = await _split(come(tx), outcome, secret)
    for answer in answers:
        if not isinstance(outcome, Challenge) or outcome.retry:
            break
        async with here.provider.storage.transaction(tenant.name) as tx:
            outcome = await login.answer(come(tx), outcome.interaction_id, outcome.step, answer)
            if isinstance(outcome, Accept):
                door = here.provider.doors[DOOR]
                response: web.Response = await door.resume(request, come(tx), outcome)
                return response
    if isinstance(outcome, Reject) and outcome.reason is Reason.DENIED:
        raise SAMLError(RESPONDER, REQUEST_DENIED, "the user may not enter this service")
    return _unauthorized(tenant)


async def _begin(visiting: Visit, here: Entity, party: Party, kept: JSON) -> Challenge:
    attempt = Attempt(DOOR, party.service, visiting.caller.address, visiting.now)
    begun = await here.provider.login.begin(visiting, attempt, Resume(DOOR, kept), Wish(fresh=True))
    assert isinstance(begun, Challenge), "without a session the name is asked"
    return begun


async def _split(visiting: Visit, outcome: Outcome, secret: Secret) -> tuple[Secret, ...]:
    """The answers to all questions that the rule asks, out of one secret. Raises `NeedsBrowser`.

    Unknown names are asked what others are, so this tells nothing about anyone.
    """
    if not isinstance(outcome, Challenge):
        return ()
    stored = await visiting.tx.interactions.find(outcome.interaction_id, visiting.now)
    chain = stored.chain if stored else ()
    if chain in ((PASSWORD,), (TOTP,)):
        return (secret,)
    device = visiting.tenant.authenticators.get(TOTP)
    if chain == (PASSWORD, TOTP) and isinstance(device, Totp):
        typed = secret.reveal()
        return Secret(typed[: -device.width]), Secret(typed[-device.width :])
    raise NeedsBrowser


def _credentials(request: web.Request) -> tuple[Secret, Secret] | None:
    """User name and secret (RFC 7617), if they were sent."""
    try:
        sent = BasicAuth.decode(request.headers.get(hdrs.AUTHORIZATION, ""), encoding="utf-8")
    except ValueError:
        return None
    return (Secret(sent.login), Secret(sent.password)) if sent.login and sent.password else None


def _unauthorized(tenant: Tenant) -> web.Response:
    """The same whatever was wrong, a locked name too."""
    response = soap.answer_fault("login_failed: user name or secret is wrong, or locked", 401)
    response.headers[hdrs.WWW_AUTHENTICATE] = f'Basic realm="{tenant.name}", charset="UTF-8"'
    return response
