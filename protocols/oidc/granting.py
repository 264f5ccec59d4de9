"""What a login gives a client: a grant, the code and tokens that open it, and the answer that carries them."""

from __future__ import annotations

import dataclasses
from typing import Any

from aiohttp import web

from idp.authenticators import Busy
from idp.outcome import Accept
from idp.visit import Visit
from keys.token import hash_token, new_id
from protocols.oidc import provider, resources, session_management
from protocols.oidc.assurance import told
from protocols.oidc.claims import TOLD
from protocols.oidc.clients import Client, KeyMissing
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.issuer import Issuer
from protocols.oidc.ledger import Ledger
from protocols.oidc.response import answer
from storage.records import Grant, Token


async def open_ledger(here: Issuer, client: Client, visit: Visit, accept: Accept) -> Ledger:
    """Everything that is needed to give what was asked for, nothing given yet. Raises `AuthorizationError`."""
    request, authentication = accept.resume.request, accept.authentication
    grant = _grant(client.service, accept, visit.now)
    ledger = Ledger(
        visit.tenant.issuer,
        client,
        authentication.user,
        grant,
        visit.now,
        here.settings.id_token_seconds,
        audience=resources.audience({}, client, request),
        rule=authentication.rule,
        consent=authentication.consent,
    )
    provider.expects(ledger)
    if request["response_type"] != "code":
        client = await _sealable(here, client, visit)
        ledger = dataclasses.replace(ledger, client=client, ring=await here.signing.load(visit.tx))
    return ledger


async def _sealable(here: Issuer, client: Client, visit: Visit) -> Client:
    """The client with the key to encrypt its ID token with. That the user signed in stays, if it cannot be had."""
    if client.settings.is_sealed("id_token") and client.settings.jwks_uri:
        await visit.tx.commit()  # nobody waits for somebody else's web server
        try:
            client = await here.client_keys.equip(client, visit.now)
            client.recipient("id_token")
        except KeyMissing as missing:
            raise AuthorizationError("temporarily_unavailable", str(missing)) from None
        except Busy:
            raise AuthorizationError(
                "temporarily_unavailable", "too many wait for this client's keys"
            ) from None
    return client


async def give(request: web.Request, here: Issuer, visit: Visit, ledger: Ledger) -> web.Response:
    """Grant it, and send the browser back with the answer."""
    client, grant = ledger.client, ledger.grant
    response = provider.authorize(ledger)
    # A grant without a code is swept like one whose code expired: when its last token has.
    expires_at = visit.now + here.settings.code_seconds
    code = next((hash_token(issued.token) for issued in ledger.issued if issued.kind == "code"), None)
    await add(visit, ledger, expires_at, code)
    for issued in ledger.issued:
        if issued.kind == "access":
            ends_at = visit.now + client.access_token_seconds
            presented, times = hash_token(issued.token), (visit.now, ends_at)
            token = Token(presented, "access", grant.id, issued.scope, *times, audience=ledger.audience)
            await visit.tx.tokens.add(token)
    watched = session_management.said(here, client, grant.sid, grant.request["redirect_uri"])
    answered = answer(request, client.service, grant.request, **response, **watched)
    if watched:
        session_management.mark(answered, here.tenant, grant.sid)
    return answered


async def add(visit: Visit, ledger: Ledger, expires_at: int, code: bytes | None = None) -> None:
    """Write down what the user gives; until `expires_at` the client may fetch it."""
    client, grant = ledger.client, ledger.grant
    await visit.tx.grants.add(dataclasses.replace(grant, code_hash=code, code_expires_at=expires_at))
    given: dict[str, Any] = {
        "client": client.id,
        "grant": grant.id,
        "response_type": grant.request["response_type"],
        "rule": ledger.rule,
    }
    await visit.record("grant.given", user_id=grant.user_id, service=client.service, **given)


def _grant(service: str, accept: Accept, now: int) -> Grant:
    request, authentication = accept.resume.request, accept.authentication
    if authentication.claims:
        request = {**request, TOLD: dict(authentication.claims)}
    return Grant(
        id=new_id(),
        service=service,
        client_id=request["client_id"],
        user_id=authentication.user.id,
        sid=authentication.sid,
        scope=tuple(request["scope"].split()),
        request=request,
        auth_time=authentication.auth_time,
        acr=told(authentication.acr, request),
        amr=authentication.amr,
        created_at=now,
    )
