"""A service that was called with a user's token gets one of its own to call the next (RFC 8693).

The new token says less than its subject, to fewer, and for no longer: see `storage.exchange` for how it ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc import access_token, acting, standing
from protocols.oidc.acting import ACCESS_TOKEN
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.issuing import Answer
from protocols.oidc.parameters import Form
from protocols.oidc.settings import OFFLINE_ACCESS
from storage.exchange import ExchangedToken
from storage.records import JSON, Grant


@dataclass(frozen=True, slots=True)
class Subject:
    """A live token of a user's, issued to `client_id`."""

    origin: bytes  # the hash of the access token that the user's login gave
    grant: Grant
    service: str
    client_id: str
    scope: tuple[str, ...]
    act: JSON
    expires_at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that passed every check."""

    subject: Subject
    audience: tuple[str, ...]
    scope: tuple[str, ...]
    act: JSON
    expires_at: int


async def redeem(here: Issuer, visiting: Visit, client: Client, form: Form, jkt: str) -> Answer:
    """The new token. Raises `TokenError` (§2.2.2): a token that is not acceptable is an invalid_request."""
    return await _issue(here, visiting, client, await _wanted(here, visiting, client, form), jkt)


async def _wanted(here: Issuer, visiting: Visit, client: Client, form: Form) -> Wanted:
    """Raises `TokenError`."""
    _check(form)
    subject = await _subject(here, visiting, client, form)
    actor = await acting.find(visiting, client, form)
    audience, scope = _audience(client, form), _scope(client, subject, form)
    ends_at = min(visiting.now + client.access_token_seconds, subject.expires_at)
    ends_at = min(ends_at, actor.expires_at) if actor else ends_at
    return Wanted(subject, audience, scope, acting.chain(actor, subject.act), ends_at)


def _check(form: Form) -> None:
    """§2.1: what the request must say, and what we can give."""
    if "subject_token" not in form or "subject_token_type" not in form:
        raise TokenError("invalid_request", "subject_token and subject_token_type are required")
    if form["subject_token_type"] != ACCESS_TOKEN:
        raise TokenError("invalid_request", "subject_token_type must be that of an access token")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise TokenError("invalid_request", "requested_token_type must be that of an access token")
    if ("actor_token" in form) != ("actor_token_type" in form):
        raise TokenError("invalid_request", "actor_token and actor_token_type go together")


async def _subject(here: Issuer, visiting: Visit, client: Client, form: Form) -> Subject:
    """Of a user who is not disabled, in a session that has not ended, given to a service that is still there.

    A key that it is bound to is not asked for: who has it is the service that called this one, and this one has
    proven who it is (RFC 9449 leaves that to the policy of the server).
    """
    subject = await _live(visiting, hash_token(Secret(form["subject_token"])))
    if (
        subject is None
        or (subject.client_id != client.id and subject.service not in client.settings.exchanges)
        or await here.client(visiting.tx, subject.client_id) is None
        or await standing.user_of(visiting, subject.grant) is None
    ):
        raise TokenError("invalid_request", "subject_token is none that this service may exchange")
    return subject


async def _live(visiting: Visit, presented: bytes) -> Subject | None:
    """As a login gave it, or as an exchange did."""
    found = await visiting.tx.tokens.find(presented, "access", visiting.now)
    if found is not None:
        token, grant = found
        return Subject(presented, grant, grant.service, grant.client_id, token.scope, {}, token.expires_at)
    exchanged = await visiting.tx.exchanged_tokens.find(presented, visiting.now)
    if exchanged is None:
        return None
    held, grant = exchanged
    named = (held.service, held.client_id, held.scope, held.act)
    return Subject(held.subject_hash, grant, *named, held.expires_at)


def _audience(client: Client, form: Form) -> tuple[str, ...]:
    """Whom the new token is for: said, and allowed by the administrator (§2.1)."""
    wished = {*form.get("resource", "").split(" "), *form.get("audience", "").split(" ")} - {""}
    if not wished:
        raise TokenError("invalid_target", "resource or audience must say for whom the token is")
    if not wished <= set(client.settings.exchange_audiences):
        raise TokenError("invalid_target", "resource or audience is none that this client may ask for")
    return tuple(sorted(wished))


def _scope(client: Client, subject: Subject, form: Form) -> tuple[str, ...]:
    """Of the subject's scope what this service may have too; never what would outlive the user's session."""
    most = [scope for scope in subject.scope if scope in client.scopes and scope != OFFLINE_ACCESS]
    wished = list(dict.fromkeys(form.get("scope", "").split())) or most
    if not set(wished) <= set(most):
        raise TokenError("invalid_scope", "the scope goes beyond that of subject_token")
    return tuple(wished)


async def _issue(here: Issuer, visiting: Visit, client: Client, wanted: Wanted, jkt: str) -> dict[str, Any]:
    now, grant, audience, ends_at = visiting.now, wanted.subject.grant, wanted.audience, wanted.expires_at
    scope, act = " ".join(wanted.scope), {"act": wanted.act} if wanted.act else {}
    said = {"sub": client.subject(grant.user_id), "auth_time": grant.auth_time, "acr": grant.acr}
    said |= {"amr": grant.amr, "exp": ends_at, **access_token.bound(jkt, client.x5t), **act}
    ring = await here.signing.load(visiting.tx)
    token = access_token.new(client, here.tenant.issuer, scope, audience, now, ring, **said)
    named = (client.service, client.id, wanted.scope, audience, jkt, wanted.act)
    exchanged = ExchangedToken(hash_token(token), wanted.subject.origin, *named, now, ends_at, client.x5t)
    await visiting.tx.exchanged_tokens.add(exchanged)
    details = {"grant": grant.id, "audience": list(audience), "scope": scope, **act}
    await visiting.record("token.exchanged", user_id=grant.user_id, service=client.service, **details)
    return {
        "access_token": token.reveal(),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": access_token.type_of(jkt),
        "expires_in": ends_at - now,
        **({"scope": scope} if scope else {}),
    }
