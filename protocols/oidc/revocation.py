"""`/oidc/revoke`: a client gives back a token that it needs no more (RFC 7009)."""

from __future__ import annotations

from aiohttp import web

from idp.visit import Visit
from idp.web.visiting import visit
from protocols.oidc import cors, endpoint, held
from protocols.oidc.answer import NO_STORE
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form


async def revoke(request: web.Request) -> web.Response:
    """POST only. A token that is worth nothing already is a success (RFC 7009 §2.2)."""
    return cors.allow(request, await endpoint.serve(request, "revocation.refused", _revoke))


async def _revoke(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        await _end(visit(request, tx), client, form)
    return web.Response(headers=NO_STORE)


async def _end(visiting: Visit, client: Client, form: Form) -> None:
    """An access token ends alone; a refresh token, used or not, takes its whole grant along (§2.1)."""
    found = await held.find(visiting.tx, form, visiting.now)
    if found is None:
        await _end_own(visiting, client, held.presented(form))
        return
    token, grant = found
    if grant.client_id != client.id:  # RFC 6749 §5.2 names this very case
        raise _of_another()
    if token.kind == "refresh":
        await visiting.tx.grants.delete(grant.id)
        event = "grant.revoked"
    else:
        await visiting.tx.tokens.delete(token.token_hash)
        event = "token.revoked"
    reason = "the service gave it back"
    await visiting.record(event, user_id=grant.user_id, service=grant.service, grant=grant.id, reason=reason)


async def _end_own(visiting: Visit, client: Client, presented: bytes) -> None:
    """A token that a service holds in its own name, or got for another service's."""
    token = await visiting.tx.service_tokens.find(presented, visiting.now)
    exchanged = await visiting.tx.exchanged_tokens.find(presented, visiting.now)
    if token is None and exchanged is None:
        return
    owner, user_id = (exchanged[0], exchanged[1].user_id) if exchanged else (token, None)
    if owner is None or owner.client_id != client.id:
        raise _of_another()
    await visiting.tx.service_tokens.delete(presented)
    await visiting.tx.exchanged_tokens.delete(presented)
    await visiting.record(
        "token.revoked", user_id=user_id, service=owner.service, reason="the service gave it back"
    )


def _of_another() -> TokenError:
    return TokenError("invalid_grant", "the token was issued to another client")
