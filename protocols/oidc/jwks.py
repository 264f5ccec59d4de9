"""`/oidc/jwks`: the public keys by which services verify what we sign (RFC 7517 §5)."""

from __future__ import annotations

from aiohttp import web

from idp.web.ready import Document
from keys.jwks import MEDIA_TYPE, document
from protocols.oidc import issuer

MAXIMUM_AGE = 300  # seconds; a key is announced for much longer before it signs


async def show(request: web.Request) -> web.Response:
    """The ring is read each time, so that a rotation on any node is seen at once."""
    here = issuer.of(request)
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        ring = await here.signing.load(tx)
    return Document.of(document(ring), MEDIA_TYPE, MAXIMUM_AGE).response(request)
