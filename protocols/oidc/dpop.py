"""Tokens bound to a key of the client: a stolen one is worth nothing without it (RFC 9449)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.web.exchange import NOW
from keys import base64url
from keys.secret import Secret
from protocols.oidc import proof
from protocols.oidc.assertion import JTI_LIMIT, identifier
from protocols.oidc.errors import TokenError
from protocols.oidc.foreign import Untrustworthy
from protocols.oidc.issuer import Issuer
from protocols.oidc.nonces import HEADER as NONCE_HEADER

HEADER: Final = "DPoP"
JKT: Final = "dpop_jkt"  # of an authorization request: the key that its code is for (RFC 9449 §10)
EARLY_SECONDS, LATE_SECONDS = 30, 120  # how far the client's clock may be ahead, and how old a proof
FAULT: Final = ("invalid_dpop_proof", "the DPoP proof is missing, malformed, used, or for another request")

NONCE_FAULT: Final = ("use_dpop_nonce", "the DPoP proof needs the nonce of the header DPoP-Nonce")


async def thumbprint(request: web.Request, here: Issuer, token: Secret | None = None) -> str:
    """Of the key that the request proves to have, empty if it proves none. `token` is the one that it uses.

    Raises `TokenError` invalid_dpop_proof, use_dpop_nonce. Call it outside of a transaction: a proof is spent at once.
    """
    proofs = request.headers.getall(HEADER, ())
    if not proofs:
        return ""
    try:
        if len(proofs) > 1:
            raise Untrustworthy
        claims, jkt = proof.verify(proofs[0])
        _check(request, here, claims, token)
    except Untrustworthy:
        raise TokenError(*FAULT) from None
    if here.nonces is not None and not here.nonces.is_good(claims.get("nonce"), request[NOW]):
        raise TokenError(*NONCE_FAULT)
    digest, ends_at = identifier("DPoP", jkt, claims["jti"]), request[NOW] + LATE_SECONDS + EARLY_SECONDS
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        if not await tx.spent_identifiers.add(digest, ends_at):
            raise TokenError(*FAULT)
    return jkt


def offer(request: web.Request, here: Issuer, response: web.Response) -> web.Response:
    """With the nonce for the next proof (RFC 9449 §8.2), if the request brought one and the tenant wants them."""
    if here.nonces is not None and HEADER in request.headers:
        response.headers[NONCE_HEADER] = here.nonces.current(request[NOW])
    return response


def _check(request: web.Request, here: Issuer, claims: Mapping[str, Any], token: Secret | None) -> None:
    """RFC 9449 §4.3: for this method, address and token, made now."""
    called = here.tenant.url(request.path.removeprefix(here.tenant.prefix))
    meant, made_at, jti = claims.get("htu"), claims.get("iat"), claims.get("jti")
    if claims.get("htm") != request.method or not isinstance(meant, str):
        raise Untrustworthy
    if meant.partition("#")[0].partition("?")[0] != called:
        raise Untrustworthy
    if isinstance(made_at, bool) or not isinstance(made_at, int | float):
        raise Untrustworthy
    if not request[NOW] - LATE_SECONDS <= made_at <= request[NOW] + EARLY_SECONDS:
        raise Untrustworthy
    if not isinstance(jti, str) or not 0 < len(jti) <= JTI_LIMIT:
        raise Untrustworthy
    if token is not None and not _is_of(token, claims.get("ath")):
        raise Untrustworthy


def _is_of(token: Secret, ath: object) -> bool:
    digest = hashlib.sha256(token.reveal().encode()).digest()
    return isinstance(ath, str) and hmac.compare_digest(base64url.encode(digest), ath.encode())
