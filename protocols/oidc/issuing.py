"""What a live grant gives a client: an access token, and what goes with it (RFC 6749 §5.1).

What is found wrong inside the transaction is returned, not raised: a burnt code and a revoked grant stay so.
"""

from __future__ import annotations

from typing import Any, Final

from idp.visit import Visit
from keys.token import hash_token
from protocols.oidc import provider, resources
from protocols.oidc.clients import Client
from protocols.oidc.dpop import JKT
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.ledger import Issued, Ledger
from protocols.oidc.parameters import Form
from storage.records import Grant, Token

Answer = dict[str, Any] | TokenError
CODE: Final = "authorization_code"


async def issue(here: Issuer, visiting: Visit, client: Client, grant: Grant, form: Form, jkt: str) -> Answer:
    """Issue what a live grant gives. A grant that was tried wrongly, or whose user is gone, ends."""
    tx, user = visiting.tx, await visiting.user(grant.user_id)
    if user is None:
        await tx.grants.delete(grant.id)
        return failed("invalid_grant")
    ring = await here.signing.load(tx)
    seconds = here.settings.id_token_seconds
    try:
        if form["grant_type"] == CODE and grant.request.get(JKT, jkt) != jkt:
            raise failed("invalid_grant")  # RFC 9449 §10: the code was for that key alone
        audience = resources.audience(form, client, grant.request)
        ledger = Ledger(
            here.tenant.issuer, client, user, grant, visiting.now, seconds, ring, audience=audience, jkt=jkt
        )
        response = provider.redeem(ledger, form)
    except TokenError as fault:
        await tx.grants.delete(grant.id)
        await record(visiting, "grant.revoked", grant, reason=fault.error)
        return fault
    for issued in ledger.issued:
        await tx.tokens.add(_stored(issued, ledger, grant))
    await record(visiting, "grant.redeemed", grant, by=form["grant_type"])
    return response


def failed(error: str) -> TokenError:
    """The standard's error in fixed words that repeat nothing of a request."""
    return TokenError(error, provider.DESCRIPTIONS[error])


def _stored(issued: Issued, ledger: Ledger, grant: Grant) -> Token:
    kind: Any = issued.kind
    client, now, audience = ledger.client, ledger.now, ledger.audience if kind == "access" else ()
    seconds = client.refresh_token_seconds if kind == "refresh" else client.access_token_seconds
    presented = hash_token(issued.token)
    # The refresh token of a client that authenticates is bound to that client (RFC 9449 §5, RFC 8705 §4).
    jkt, x5t = (ledger.jkt, client.x5t) if kind == "access" or client.is_public else ("", "")
    times = now, now + seconds
    return Token(presented, kind, grant.id, issued.scope, *times, audience=audience, jkt=jkt, certificate=x5t)


async def record(visiting: Visit, event: str, grant: Grant, **details: str) -> None:
    """Write an audit event about a grant."""
    await visiting.record(event, user_id=grant.user_id, service=grant.service, grant=grant.id, **details)
