"""The gate before the application: what could not be answered in time goes no further, nor what is not all there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import HttpVersion11, hdrs, web

from idp.background import running
from idp.outside import HELD
from idp.web.address import Network, client_address
from idp.web.admission import Admission
from idp.web.bodies import Bodies, Source, source_of
from idp.web.turning_away import TurningAway, refusal

BODY_BYTES: Final = 256 * 1024  # the largest request that any page of ours sends is far smaller
BODY_SECONDS: Final = 15.0  # from the end of the head to that of the body
MOST_BODIES: Final = 64  # that are waited for
ALWAYS: Final = "/health/"  # whoever watches us is answered, above all now
OWN_BEGINNINGS: Final = ("/",)  # the portal
GLANCE_SECONDS: Final = 0.05
LOG_SECONDS: Final = 1.0

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

log = structlog.get_logger("http")


class Gate:
    """Of one process. A request that is let through is counted until it is answered."""

    def __init__(self, admission: Admission, trusted: Sequence[Network] = ()) -> None:
        """`trusted` are proxies, which say for whom they ask."""
        self.admission = admission
        self._trusted = trusted
        self._turning_away = TurningAway()
        self._bodies = Bodies(MOST_BODIES)
        self._said = 0  # of those turned away, how many the log knows of

    async def let(
        self, request: web.BaseRequest, beginnings: Sequence[str], handler: Handler
    ) -> web.StreamResponse:
        """The handler's answer, or one that says why there is none. `beginnings` are paths that begin a login."""
        path = request.path
        if hdrs.EXPECT in request.headers and not _waits(request):
            return refusal(417, "Nothing but 100-continue can be expected here.")  # RFC 9110 §10.1.1
        if path.startswith(ALWAYS):
            return await handler(request)
        begins = path.endswith((*OWN_BEGINNINGS, *beginnings))
        if self.admission.admits(begins=begins):
            if not request.content.is_eof() and (refused := await self._rest(request)):
                return refused
            if self.admission.admits(begins=begins):  # others may have come while the body did
                return await self._through(request, handler)
        self.admission.turn_away()
        return self._turning_away.answer(request.headers)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """While the block runs it is seen how late the process is."""
        async with running(self._watch()):
            yield

    async def _through(self, request: web.BaseRequest, handler: Handler) -> web.StreamResponse:
        self.admission.enter()
        held = HELD.set(self.admission)
        try:
            return await handler(request)
        finally:
            HELD.reset(held)
            self.admission.leave()

    async def _rest(self, request: web.BaseRequest) -> web.Response | None:
        """Wait for the body, as long as nobody else waits for us: a slow sender shall hold a connection only.

        Returns the refusal of one that is too long or does not come.
        """
        if (request.content_length or 0) > BODY_BYTES:
            return refusal(413, "That is more than we take.")
        if request.version == HttpVersion11 and _waits(request):
            await request.writer.write(
                b"HTTP/1.1 100 Continue\r\n\r\n"
            )  # RFC 9110 §10.1.1: it waits for this
            request.writer.output_size = 0
        limit = asyncio.timeout(BODY_SECONDS)
        try:
            async with limit:
                with self._bodies.waited_for(limit, self._source(request)):
                    await request.content.wait_eof()
        except TimeoutError:
            long = request.content.total_bytes > BODY_BYTES  # in chunks: it stops being read there
            return (
                refusal(413, "That is more than we take.") if long else refusal(408, "The body did not come.")
            )
        except OSError:
            return refusal(400, "The connection was lost.")  # nobody reads it
        return None

    def _source(self, request: web.BaseRequest) -> Source:
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, ())
        return source_of(client_address(request.remote, forwarded, self._trusted))

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        told = due = loop.time()
        while True:
            due = loop.time() + GLANCE_SECONDS
            await asyncio.sleep(GLANCE_SECONDS)
            now = loop.time()
            self.admission.glance(now - due)
            if now - told >= LOG_SECONDS:
                told = now
                self._tell()

    def _tell(self) -> None:
        """At most once a second, however many it were."""
        load = self.admission.load()
        if (fresh := load.turned_away - self._said) > 0:
            self._said = load.turned_away
            log.warning(
                "overload",
                turned_away=fresh,
                under_way=load.under_way,
                room=load.room,
                late_ms=round(load.late_seconds * 1000),
            )


def _waits(request: web.BaseRequest) -> bool:
    """Whether it wants to be told to go on before it sends its body."""
    return request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
