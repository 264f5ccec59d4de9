"""The boundary: every request crosses it once, inwards and outwards."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import hdrs, web

from idp.audit import new_reference
from idp.authenticators import Busy
from idp.log import about
from idp.monitoring.meter import Meter
from idp.monitoring.table import REQUESTS
from idp.tenant import Tenant
from idp.web import cookies, language
from idp.web.address import Network, client_address
from idp.web.directory import Directory
from idp.web.exchange import ADDRESS, NOW, PREFIX, REQUEST_ID, TENANT
from idp.web.failure import failure
from idp.web.form import BadForm
from idp.web.language import CHOSEN
from idp.web.route import method_of, route_of
from idp.web.traced import traced
from keys.token import new_id
from storage import StorageError, StorageUnwritable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger("http")

RETRY_SECONDS = 1  # a full queue or a lost database connection is worth another try that soon
MENDED_SECONDS = 30  # a full disk is not
HSTS = "max-age=31536000"
# Where a choice of language is remembered; the wish of a service is not.
OWN_PAGES = (
    *("/", "/login", "/forgotten", "/forgotten/new", "/logout"),
    *("/activate", "/device", "/webtoken", "/token/"),
)
ROOMS = ("/account", "/console")  # and all below them
ANY_HOST = "/health/"  # asked by address, not by name


@dataclass(frozen=True, slots=True)
class Boundary:
    """Knows the tenants, the time (epoch seconds) and the proxies that are believed."""

    directory: Directory
    clock: Callable[[], int]
    trusted: Sequence[Network]
    meter: Meter

    @web.middleware
    async def cross(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find the tenant, stamp the request, run the handler, and turn every failure into an answer that helps."""
        started = time.perf_counter()
        request[REQUEST_ID] = request_id = new_id()
        about(request_id=request_id)
        response = await traced(request, self.trusted, self._enter(request, handler))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        seconds = time.perf_counter() - started
        status = str(response.status)
        self.meter.time(REQUESTS, seconds, route_of(request), method_of(request), status)
        log.info(
            "request",
            method=request.method,
            path=request.path,  # never the query: it holds codes and states
            status=response.status,
            ms=round(seconds * 1000, 2),
        )
        return response

    async def _enter(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(ANY_HOST):
            return await handler(request)
        tenant = self.directory.find(request.headers.get("Host", ""), request.path)
        if tenant is None:
            # RFC 9110 §15.5.20: we are not the server for that host
            return web.Response(status=421, text="No tenant of this server has this address.\n")
        self._stamp(request, tenant)
        response = await _run(request, handler)
        if tenant.is_secure:
            response.headers["Strict-Transport-Security"] = HSTS
        return response

    def _stamp(self, request: web.Request, tenant: Tenant) -> None:
        forwarded = request.headers.getall("X-Forwarded-For", ())
        request[TENANT] = tenant
        request[NOW] = self.clock()
        request[ADDRESS] = client_address(request.remote, forwarded, self.trusted)
        about(request_id=request[REQUEST_ID], tenant=tenant.name)


async def _run(request: web.Request, handler: Handler) -> web.StreamResponse:
    tenant = request[TENANT]
    found = request.match_info.http_exception is None
    if found and request.match_info.apps[-1][PREFIX] != tenant.prefix:
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
