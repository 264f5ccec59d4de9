"""Who calls an endpoint that only clients call: by the one method that the client registered."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from idp.web.exchange import NOW
from protocols.oidc import assertion, certificate, clients
from protocols.oidc.certificate_settings import CERTIFICATE_METHODS
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.foreign import Untrustworthy
from protocols.oidc.issuer import Issuer


async def authenticate(request: web.Request, here: Issuer, form: Mapping[str, str]) -> Client:
    """The client. Raises `TokenError`: invalid_client, the same for every fault (RFC 6749 §5.2).

    Call it outside of a transaction: that an assertion was used is made durable at once, whatever follows.
    """
    return certificate.bound(request, await _authenticate(request, here, form))


def unverified_client_id(request: web.Request, form: Mapping[str, str]) -> str:
    """Who the request says it is from; empty if it says nothing readable."""
    if "client_assertion" in form:
        return assertion.unverified_subject(form["client_assertion"])
    return clients.claimed_id(form, request.headers.getall(hdrs.AUTHORIZATION, ()))


async def _authenticate(request: web.Request, here: Issuer, form: Mapping[str, str]) -> Client:
    authorizations = request.headers.getall(hdrs.AUTHORIZATION, ())
    if "client_assertion" not in form and "client_assertion_type" not in form:
        claimed = unverified_client_id(request, form)
        known = await here.known(claimed)
        if claimed in known and known[claimed].settings.token_endpoint_auth_method in CERTIFICATE_METHODS:
            return await _by_certificate(request, here, form, known[claimed])
        return clients.authenticate(known, form, authorizations)
    if authorizations or "client_secret" in form:
        raise TokenError("invalid_request", "more than one client authentication method was used")
    return await _by_assertion(request, here, form)


async def _by_certificate(
    request: web.Request, here: Issuer, form: Mapping[str, str], client: Client
) -> Client:
    if hdrs.AUTHORIZATION in request.headers or "client_secret" in form:
        raise clients.failed()
    if not await certificate.is_proven(request, here, client):
        raise clients.failed()
    return client


async def _by_assertion(request: web.Request, here: Issuer, form: Mapping[str, str]) -> Client:
    presented, claimed = form.get("client_assertion", ""), unverified_client_id(request, form)
    client = (await here.known(claimed)).get(claimed)
    if client is None or form.get("client_assertion_type") != assertion.TYPE:
        raise clients.failed()
    if form.get("client_id", client.id) != client.id:  # RFC 7521 §4.2
        raise clients.failed()
    client = await here.client_keys.equip(client, request[NOW], presented)
    try:
        used = assertion.verify(client, presented, _our_names(request, here), request[NOW])
    except Untrustworthy:
        raise clients.failed() from None
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        if not await tx.spent_identifiers.add(used.digest, used.expires_at):
            raise clients.failed()
    return client


def _our_names(request: web.Request, here: Issuer) -> tuple[str, ...]:
    """Issuer, token endpoint (RFC 7523 §3), or the endpoint that was called (RFC 9126 §2)."""
    called = request.path.removeprefix(here.tenant.prefix)
    return here.tenant.issuer, here.tenant.url("/oidc/token"), here.tenant.url(called)
