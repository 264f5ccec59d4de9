"""`/oidc/userinfo`: claims for whoever holds an access token (OpenID Connect Core §5.3, RFC 6750)."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson
from aiohttp import hdrs, web

from idp.web.exchange import NOW
from idp.web.visiting import visit
from keys.ring import KeyRing
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc import certificate, cors, dpop, issuer, provider
from protocols.oidc.clients import Client, KeyMissing
from protocols.oidc.endpoint import ORDINARY
from protocols.oidc.errors import BearerError, Malformed, TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.ledger import Ledger
from protocols.oidc.parameters import FORM, from_form
from protocols.oidc.proof import ALGORITHMS
from protocols.oidc.settings import OPENID

SCHEMES = {"bearer": "Bearer", "dpop": dpop.HEADER}
SIGNED = "userinfo+jwt"  # so that it is never taken for an ID token (RFC 8725 §3.11)


async def show(request: web.Request) -> web.Response:
    """GET or POST. Reads only, and waits for no writer, unless a proof of possession has to be spent."""
    here, token, scheme = issuer.of(request), Secret(""), "Bearer"
    try:
        token, scheme = await _presented(request)
        jkt = await _proven(request, here, token) if scheme == dpop.HEADER else ""
        response = await _answer(here, token, (jkt, certificate.thumbprint(request)), request[NOW])
    except BearerError as fault:
        if fault.error and fault.error not in ORDINARY:
            await _record(request, here, token, fault)
        return cors.allow(request, dpop.offer(request, here, _refusal(here, fault, scheme)))
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return cors.allow(request, dpop.offer(request, here, response))


async def _presented(request: web.Request) -> tuple[Secret, str]:
    """The token and its scheme, from the header or a form; never from the address, which ends in logs
    (RFC 9700 §4.3.2).
    """
    tokens = []
    for value in request.headers.getall(hdrs.AUTHORIZATION, ()):
        scheme, _, token = value.partition(" ")
        if scheme.lower() in SCHEMES:
            tokens.append((token.strip(), SCHEMES[scheme.lower()]))
    if request.method == "POST" and request.content_type == FORM:
        try:
            form = await from_form(request)
        except Malformed as fault:
            raise BearerError("invalid_request", fault.description) from None
        tokens += [(form["access_token"], "Bearer")] if "access_token" in form else []
    if len(tokens) > 1:
        raise BearerError("invalid_request", "more than one access token was sent")
    if not tokens:
        raise BearerError("")
    token, scheme = tokens[0]
    return Secret(token), scheme


async def _proven(request: web.Request, here: Issuer, token: Secret) -> str:
    """The thumbprint of the key that the caller has (RFC 9449 §7.1)."""
    try:
        jkt = await dpop.thumbprint(request, here, token)
    except TokenError as fault:
        raise BearerError(fault.error, fault.description) from None
    if not jkt:
        raise BearerError(*dpop.FAULT)
    return jkt


async def _answer(here: Issuer, token: Secret, shown: tuple[str, str], now: int) -> web.Response:
    """From the database as it is now: a disabled user's token is worth nothing at once."""
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        found = await tx.tokens.find(hash_token(token), "access", now)
        if found is None:
            raise _invalid()
        held, grant = found
        jkt, x5t = shown
        if held.jkt != jkt:  # bound to another key, or presented without any (RFC 9449 §7.2)
            raise _invalid()
        if held.certificate and held.certificate != x5t:  # RFC 8705 §3
            raise _invalid()
        user = await tx.users.find(grant.user_id)
        client = await here.client(tx, grant.client_id)
        is_signed = client is not None and client.settings.userinfo_signed_response_alg is not None
        ring = await here.signing.load(tx) if is_signed else KeyRing()
    if user is None or user.disabled_at is not None or client is None:
        raise _invalid()
    if held.audience:  # an API that got it may not ask us for more with it (RFC 8707 §2)
        raise _invalid()
    if OPENID not in held.scope:
        raise BearerError("insufficient_scope", "the access token is without the scope openid")
    client = await here.client_keys.equip(client, now) if client.settings.is_sealed("userinfo") else client
    narrowed = grant if grant.scope == held.scope else dataclasses.replace(grant, scope=held.scope)
    claims = provider.userinfo(Ledger(here.tenant.issuer, client, user, narrowed, now))
    try:
        return _in_format(client, here.tenant.issuer, claims, ring)
    except KeyMissing as missing:
        raise web.HTTPServiceUnavailable(reason=str(missing)) from None


def _in_format(client: Client, issuer: str, claims: dict[str, Any], ring: KeyRing) -> web.Response:
    """JSON, or signed, encrypted or both, as the client registered it (Core §5.3.2)."""
    algorithm, recipient = client.settings.userinfo_signed_response_alg, client.recipient("userinfo")
    body, content = orjson.dumps(claims), None
    if algorithm is not None:
        signed = ring.pick(algorithm).sign({**claims, "iss": issuer, "aud": client.id}, SIGNED)
        body, content = signed.encode(), "JWT"
    if recipient is not None:
        body = recipient.encrypt(body, content).encode()
    is_plain = algorithm is None and recipient is None
    return web.Response(body=body, content_type="application/json" if is_plain else "application/jwt")


def _invalid() -> BearerError:
    return BearerError("invalid_token", "the access token is unknown, expired or revoked")


async def _record(request: web.Request, here: Issuer, token: Secret, fault: BearerError) -> None:
    """With the service that got the token, if it is a live one that does not do here."""
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        found = await tx.tokens.find(hash_token(token), "access", request[NOW])
        user_id, service = (found[1].user_id, found[1].service) if found else (None, "")
        said = {"error": fault.error, "reason": fault.description}
        await visit(request, tx).record("userinfo.refused", user_id=user_id, service=service, **said)


def _refusal(here: Issuer, fault: BearerError, scheme: str) -> web.Response:
    challenge = f'{scheme} realm="{here.tenant.issuer}"'
    if fault.error:  # RFC 6750 §3.1: who sent no token is told no error
        challenge += f', error="{fault.error}", error_description="{fault.description}"'
    if scheme == dpop.HEADER:
        challenge += f', algs="{" ".join(ALGORITHMS)}"'
    headers = {hdrs.WWW_AUTHENTICATE: challenge, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(status=fault.status, headers=headers)
