"""The boundary: every request crosses it once, inwards and outwards."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import hdrs, web

from idp.audit import new_reference
from idp.authenticators import Busy
from idp.log import about
from idp.monitoring.meter import Meter
from idp.monitoring.table import REQUESTS
from idp.tenant import Tenant
from idp.tracing import is_on
from idp.web import cookies, language
from idp.web.address import Network, client_address
from idp.web.directory import Directory
from idp.web.exchange import ADDRESS, NOW, PREFIX, REQUEST_ID, TENANT
from idp.web.failure import failure
from idp.web.form import BadForm
from idp.web.language import CHOSEN
from idp.web.ready import HSTS, NOSNIFF, Ready, Shelf
from idp.web.route import Routes, method_of
from idp.web.traced import traced
from keys.token import new_id
from storage import StorageError, StorageUnwritable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger("http")

RETRY_SECONDS = 1  # a full queue or a lost database connection is worth another try that soon
MENDED_SECONDS = 30  # a full disk is not
# Where a choice of language is remembered; the wish of a service is not.
OWN_PAGES = (
    *("/", "/login", "/forgotten", "/forgotten/new", "/logout"),
    *("/activate", "/device", "/webtoken", "/token/"),
)
ROOMS = ("/account", "/console")  # and all below them
ANY_HOST = "/health/"  # asked by address, not by name


class Boundary:
    """Knows the tenants, the time (epoch seconds), the proxies that are believed, and what is ready."""

    def __init__(
        self,
        directory: Directory,
        clock: Callable[[], int],
        trusted: Sequence[Network],
        meter: Meter,
        shelf: Shelf,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._trusted = trusted
        self._meter = meter
        self._shelf = shelf
        self._routes = Routes()
        self._say = log.bind().info  # looked up once: every request has a line

    def meet(self, application: Handler, request: web.Request) -> Awaitable[web.StreamResponse]:
        """The answer of whoever has it: what is ready needs no application."""
        ready = self._shelf.find(request)
        return application(request) if ready is None else self._give(request, ready)

    @web.middleware
    async def cross(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find the tenant, stamp the request, run the handler, and turn every failure into an answer that helps."""
        started = time.perf_counter()
        request[REQUEST_ID] = new_id()
        route = self._routes.of(request)
        answer = self._enter(request, handler)
        response = await (traced(request, route, self._trusted, answer) if is_on() else answer)
        response.headers.setdefault(*NOSNIFF)
        self._tell(request, response.status, route, started)
        return response

    async def _give(self, request: web.Request, ready: Ready) -> web.StreamResponse:
        started = time.perf_counter()
        about(request_id=new_id(), tenant=ready.tenant)
        response = ready.at(self._clock())
        self._tell(request, response.status, ready.route, started)
        return response

    def _tell(self, request: web.Request, status: int, route: str, started: float) -> None:
        seconds = time.perf_counter() - started
        self._meter.time(REQUESTS, seconds, route, method_of(request), str(status))
        self._say(
            "request",
            method=request.method,
            path=request.path,  # never the query: it holds codes and states
            status=status,
            ms=round(seconds * 1000, 2),
        )

    async def _enter(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id, path = request[REQUEST_ID], request.path
        if path.startswith(ANY_HOST):
            about(request_id=request_id)
            return await handler(request)
        tenant = self._directory.find(request.headers.get(hdrs.HOST, ""), path)
        if tenant is None:
            about(request_id=request_id)
            # RFC 9110 §15.5.20: we are not the server for that host
            return web.Response(status=421, text="No tenant of this server has this address.\n")
        about(request_id=request_id, tenant=tenant.name)
        request[TENANT] = tenant
        request[NOW] = self._clock()
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, ())
        request[ADDRESS] = client_address(request.remote, forwarded, self._trusted)
        response = await _run(request, tenant, handler)
        if tenant.is_secure:
            response.headers[HSTS[0]] = HSTS[1]
        return response


async def _run(request: web.Request, tenant: Tenant, handler: Handler) -> web.StreamResponse:
    match = request.match_info
    if match.apps[-1][PREFIX] != tenant.prefix and match.http_exception is None:
        return failure(request, 404)
    try:
        response = await handler(request)
    except web.HTTPException as refused:
        return failure(request, refused.status, what=refused.reason, allow=refused.headers.get(hdrs.ALLOW))
    except BadForm as bad:
        return failure(request, 400, what=str(bad))
    except StorageUnwritable as unwritable:
        log.error("storage.unwritable", reason=str(unwritable))
        return failure(request, 503, retry_after=MENDED_SECONDS, mends_itself=False)
    except (Busy, StorageError) as busy:
        log.warning("busy", reason=type(busy).__name__)
        return failure(request, 503, retry_after=getattr(busy, "retry_after", RETRY_SECONDS))
    except Exception:
        reference = new_reference()
        log.exception("defect", reference=reference)
        return failure(request, 500, reference=reference)
    if CHOSEN in request.query_string and _is_own(request.path.removeprefix(tenant.prefix)):
        cookies.give_locale(response, tenant, language.of(request))
    return response


def _is_own(path: str) -> bool:
    """Whether a choice of language at this path is the person's own."""
    return path in OWN_PAGES or any(path == room or path.startswith(f"{room}/") for room in ROOMS)
