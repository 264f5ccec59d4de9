"""`/oidc/token`: a client redeems what it was given (RFC 6749 §3.2, OpenID Connect Core §3.1.3).

What is found wrong inside the transaction is returned, not raised: a burnt code and a revoked grant stay so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from idp.visit import Visit
from idp.web.exchange import NOW
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc import (
    client_credentials,
    cors,
    device_token,
    dpop,
    endpoint,
    issuer,
    issuing,
    resources,
    retry,
    token_exchange,
)
from protocols.oidc.answer import respond
from protocols.oidc.clients import Client, KeyMissing
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.issuing import Answer
from protocols.oidc.parameters import Form
from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE
from storage.records import Grant


async def token(request: web.Request) -> web.Response:
    """POST only. Every answer is JSON and never cached."""
    response = await endpoint.serve(request, "token.refused", _redeem)
    return cors.allow(request, dpop.offer(request, issuer.of(request), response))


async def _redeem(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    redeem = _grant_type(form, client)
    client = await _sealable(here, client, request[NOW])
    jkt = await dpop.thumbprint(request, here)
    if not jkt and client.settings.dpop_bound_access_tokens:
        raise TokenError(*dpop.FAULT)
    if not client.x5t and client.settings.tls_client_certificate_bound_access_tokens:
        raise TokenError("invalid_request", "this client must show its certificate (RFC 8705)")
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        answer = await redeem(here, visit(request, tx), client, form, jkt)
    if isinstance(answer, TokenError):
        raise answer
    return respond(here, answer)


async def _sealable(here: Issuer, client: Client, now: int) -> Client:
    """The client with the key to encrypt its ID token with, before anything is spent."""
    if client.settings.is_sealed("id_token"):
        client = await here.client_keys.equip(client, now)
        try:
            client.recipient("id_token")
        except KeyMissing as missing:
            raise TokenError("temporarily_unavailable", str(missing)) from None
    return client


async def _redeem_code(here: Issuer, visiting: Visit, client: Client, form: Form, jkt: str) -> Answer:
    """A code opens its grant once. If it comes again, whatever it gave is taken back (RFC 6749 §4.1.2)."""
    if "code" not in form or "redirect_uri" not in form:
        return TokenError("invalid_request", "code and redirect_uri are required")
    presented, grants = hash_token(Secret(form["code"])), visiting.tx.grants
    grant = await grants.consume_code(presented, visiting.now)
    if grant is not None:
        return await issuing.issue(here, visiting, client, grant, form, jkt)
    revoked = await grants.revoke_code(presented)
    if revoked is not None:
        await issuing.record(visiting, "grant.revoked", revoked, reason="code used twice")
    return issuing.failed("invalid_grant")


async def _redeem_refresh_token(
    here: Issuer, visiting: Visit, client: Client, form: Form, jkt: str
) -> Answer:
    """It is used once. If it comes again, one of two holders stole it: both lose it (RFC 9700 §4.14.2).

    Only a retry so soon that the first answer may have been lost is given the same again (`retry`).
    """
    if "refresh_token" not in form:
        return TokenError("invalid_request", "refresh_token is required")
    presented, tx = hash_token(Secret(form["refresh_token"])), visiting.tx
    found = await tx.tokens.find(presented, "refresh", visiting.now)
    if found is None or found[1].client_id != client.id:
        return issuing.failed("invalid_grant")
    held, grant = found
    if held.used_at is None and not set(form.get("scope", "").split()) <= set(held.scope):
        return issuing.failed("invalid_scope")  # before it is spent: the client may ask again for less
    if held.jkt and held.jkt != jkt:
        return TokenError(*dpop.FAULT)
    if held.certificate and held.certificate != client.x5t:  # RFC 8705 §4
        return issuing.failed("invalid_grant")
    if held.used_at is None:
        resources.audience(form, client, grant.request)
    if held.used_at is not None or not await tx.tokens.rotate(presented, visiting.now):
        return await _refreshed_again(visiting, client, grant, form, jkt)
    answer = await issuing.issue(here, visiting, client, grant, form, jkt)
    if not isinstance(answer, TokenError):
        await retry.keep(visiting, client, form, jkt, answer)
    return answer


async def _refreshed_again(visiting: Visit, client: Client, grant: Grant, form: Form, jkt: str) -> Answer:
    answer = await retry.recall(visiting, client, form, jkt)
    if answer is not None and await visiting.user(grant.user_id) is not None:
        await issuing.record(visiting, "grant.retried", grant)
        return answer
    await visiting.tx.grants.delete(grant.id)
    await issuing.record(visiting, "grant.revoked", grant, reason="refresh token used twice")
    return issuing.failed("invalid_grant")


Redeem = Callable[[Issuer, Visit, Client, Form, str], Awaitable[Answer]]
GRANT_TYPES: Final[Mapping[str, Redeem]] = {
    "authorization_code": _redeem_code,
    "refresh_token": _redeem_refresh_token,
    "client_credentials": client_credentials.redeem,
    DEVICE_CODE: device_token.redeem,
    TOKEN_EXCHANGE: token_exchange.redeem,
}


def _grant_type(form: Form, client: Client) -> Redeem:
    if "grant_type" not in form:
        raise TokenError("invalid_request", "grant_type is missing")
    redeem = GRANT_TYPES.get(form["grant_type"])
    if redeem is None:
        raise issuing.failed("unsupported_grant_type")
    if form["grant_type"] not in client.settings.grant_types:
        raise issuing.failed("unauthorized_client")
    return redeem
