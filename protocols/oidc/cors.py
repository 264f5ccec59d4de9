"""Which web pages may call an endpoint from the browser (Fetch standard, CORS protocol)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from protocols.oidc import issuer
from protocols.oidc.nonces import HEADER

PREFLIGHT_SECONDS = 7200


def allow(request: web.Request, response: web.Response) -> web.Response:
    """Let a page read the answer if its origin is that of a public client's redirect URI; no cookies."""
    response.headers[hdrs.VARY] = hdrs.ORIGIN
    origin = request.headers.get(hdrs.ORIGIN)
    if origin in issuer.of(request).public_origins:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = f"{hdrs.WWW_AUTHENTICATE}, {HEADER}"
    return response


async def preflight(request: web.Request) -> web.Response:
    """The browser asks before it sends a token or a form from another origin."""
    response = allow(request, web.Response(status=204))
    if hdrs.ACCESS_CONTROL_ALLOW_ORIGIN in response.headers:
        response.headers.update(PREFLIGHT)
    return response


PREFLIGHT: Mapping[str, str] = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, Content-Type, DPoP",
    hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_SECONDS),
}
