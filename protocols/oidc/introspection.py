"""`/oidc/introspect`: a resource server asks what a token is worth (RFC 7662)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.web.exchange import NOW
from protocols.oidc import endpoint, held
from protocols.oidc.access_token import bound, type_of
from protocols.oidc.answer import respond
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form
from storage import Transaction
from storage.exchange import ExchangedToken
from storage.presented import ServiceToken
from storage.records import Grant, Token, User

INACTIVE: Final[Mapping[str, Any]] = {"active": False}  # and not a word why (RFC 7662 §2.2)


async def introspect(request: web.Request) -> web.Response:
    """POST only. Reads the database as it is now, so whatever was revoked or disabled is inactive at once."""
    return await endpoint.serve(request, "introspection.refused", _answer)


async def _answer(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    if client.is_public:  # RFC 7662 §2.1: anybody could try tokens otherwise
        raise TokenError("invalid_client", "a public client may not introspect")
    return respond(here, await _describe(here, client, form, request[NOW]))


async def _describe(here: Issuer, asking: Client, form: Form, now: int) -> Mapping[str, Any]:
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        found = await held.find(tx, form, now)
        if found is None:
            own = await tx.service_tokens.find(held.presented(form), now)
            return _in_own_name(here, asking, own) if own else await _exchanged(here, tx, asking, form, now)
        if not _may_see(asking, *found):
            return INACTIVE
        token, grant = found
        user = await tx.users.find(grant.user_id)
        client = await here.client(tx, grant.client_id)
    if user is None or user.disabled_at is not None or client is None or token.used_at is not None:
        return INACTIVE
    return _active(here, client, token, grant, user)


def _in_own_name(here: Issuer, asking: Client, token: ServiceToken) -> Mapping[str, Any]:
    """A token of a service without a user, if that service is still there."""
    if token.client_id not in here.clients:
        return INACTIVE
    if token.client_id != asking.id and token.service not in asking.settings.introspects:
        return INACTIVE
    said = _common(here, token)
    return said | {"sub": token.client_id, "client_id": token.client_id, "token_type": type_of(token.jkt)}


async def _exchanged(
    here: Issuer, tx: Transaction, asking: Client, form: Form, now: int
) -> Mapping[str, Any]:
    """A token that a service got for another's, with who acts (RFC 8693 §4.1)."""
    found = await tx.exchanged_tokens.find(held.presented(form), now)
    if found is None:
        return INACTIVE
    token, grant = found
    if token.client_id != asking.id and token.service not in asking.settings.introspects:
        return INACTIVE
    client, user = here.clients.get(token.client_id), await tx.users.find(grant.user_id)
    if client is None or user is None or user.disabled_at is not None:
        return INACTIVE
    said = _common(here, token) | {"sub": client.subject(user.id), "client_id": client.id}
    said |= {"auth_time": grant.auth_time, "acr": grant.acr, "token_type": type_of(token.jkt)}
    return {**said, **({"act": token.act} if token.act else {})}


def _common(here: Issuer, token: Token | ServiceToken | ExchangedToken) -> dict[str, Any]:
    said = {"active": True, "iss": here.tenant.issuer, "scope": " ".join(token.scope)}
    audience = {"aud": list(token.audience)} if token.audience else {}
    return {
        **said,
        **audience,
        **bound(token.jkt, token.certificate),
        "iat": token.created_at,
        "exp": token.expires_at,
    }


def _may_see(asking: Client, token: Token, grant: Grant) -> bool:
    """Its own tokens; an access token of a service that it serves as an API (RFC 7662 §4)."""
    if grant.client_id == asking.id:
        return True
    return token.kind == "access" and grant.service in asking.settings.introspects


def _active(here: Issuer, client: Client, token: Token, grant: Grant, user: User) -> dict[str, Any]:
    """RFC 7662 §2.2; `acr` and `auth_time` after RFC 9470 §6.2."""
    said = _common(here, token)
    said |= {"sub": client.subject(user.id), "client_id": client.id}
    said |= {"auth_time": grant.auth_time, "acr": grant.acr}
    if token.kind == "access":
        said |= {"token_type": type_of(token.jkt)}
    if "profile" in token.scope:
        said["username"] = user.login_name
    return said
