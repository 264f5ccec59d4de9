"""The listener for those who watch over us: metrics, and health with its reasons. Nothing else is there."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from socket import socket
from typing import Final

from aiohttp import hdrs, web

from idp import __version__
from idp.monitoring.exposition import Report, expose
from idp.web.gate import BODY_BYTES
from idp.web.health import LIVE_PATH, READY_PATH, Health, live
from idp.web.server import accepting

METRICS_PATH: Final = "/metrics"
MOST: Final = 32  # connections: more than watch over us, and few enough that those who sign in have theirs


class Monitor:
    """Answers by the configuration that serves now."""

    def __init__(self, health: Health, storage: str) -> None:
        """`storage` is the kind of database."""
        self._health = health
        self._storage = storage

    def follow(self, health: Health) -> None:
        """Another configuration is in force."""
        self._health = health

    async def ready(self, _: web.Request) -> web.Response:
        """GET /health/ready: as at the pages' listener, and why each part stands as it does."""
        return self._health.response(await self._health.inspection.look(anew=True), reasons=True)

    async def metrics(self, request: web.Request) -> web.Response:
        """GET /metrics: of the node, whichever of its processes is asked."""
        health = self._health
        found = await health.inspection.look(anew=True)
        report = Report(
            seats=found.seats,
            standings=found.standings if found.is_well else (),
            certificates=found.certificates,
            parts=found.parts,
            revision=health.serving.revision,
            build=(__version__, platform.python_version(), self._storage),
            now=health.inspection.now(),
        )
        # A thread: it is the one answer here that takes milliseconds.
        body, content_type = await asyncio.to_thread(expose, report, request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type, "Cache-Control": "no-store"})

    @asynccontextmanager
    async def listening(self, sockets: Sequence[socket]) -> AsyncIterator[None]:
        """Answer at these sockets while the block runs."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_get(LIVE_PATH, live)
        app.router.add_get(READY_PATH, self.ready)
        app.router.add_get(METRICS_PATH, self.metrics)
        app.on_response_prepare.append(_nameless)
        runner = web.AppRunner(app)
        await runner.setup()
        assert runner.server is not None
        try:
            async with accepting(runner.server, sockets, MOST):
                yield
        finally:
            await runner.cleanup()


async def _nameless(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop(hdrs.SERVER, None)
