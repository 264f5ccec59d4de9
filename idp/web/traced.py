"""A request as a span, inside of the trace that a trusted proxy began (W3C Trace Context)."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from aiohttp import web

from idp import tracing
from idp.web.address import Network, is_trusted
from idp.web.exchange import REQUEST_ID, TENANT
from idp.web.route import method_of

CONTEXT = ("traceparent", "tracestate")


async def traced(
    request: web.Request, route: str, trusted: Sequence[Network], answer: Awaitable[web.StreamResponse]
) -> web.StreamResponse:
    """The answer, within a span. A stranger cannot make us keep what he wants traced."""
    parent = {}
    if is_trusted(request.remote, trusted):
        parent = {name: request.headers[name] for name in CONTEXT if name in request.headers}
    method = method_of(request)
    about = {"http.request.method": method, "http.route": route, "masugata.request_id": request[REQUEST_ID]}
    with tracing.span(f"{method} {route}", about, kind=tracing.SERVER, parent=parent) as span:
        response = await answer
        tenant = request.get(TENANT)
        span.tell(
            {"http.response.status_code": response.status, "masugata.tenant": tenant.name if tenant else ""}
        )
    return response
