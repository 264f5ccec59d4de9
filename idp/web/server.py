"""Serves an application at sockets that are open already, and ends without dropping a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from socket import socket

from aiohttp import hdrs, web

from idp.supervisor.sockets import BACKLOG

BODY_BYTES = 256 * 1024  # the largest request that any page of ours sends is far smaller
KEEPALIVE_SECONDS = 75.0  # longer than the 60 s for which proxies commonly keep a connection open
LINE_BYTES = 8190  # of a request line or one header field
HEADERS = 64
ACCEPTED_SECONDS = 0.5  # after we stop accepting: time for what was accepted last to send its request
DRAIN_SECONDS = 10.0  # then what is being answered may take this long


async def serve(
    app: web.Application, sockets: Sequence[socket], ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Answer requests until `stop` is set, then finish those that were begun and clean up."""

    async def finish_head(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.pop(hdrs.SERVER, None)  # which libraries we run on is nobody's business
        if stop.is_set():
            # the next request goes to the workers that replace us; the header is written by now, so by hand
            response.headers[hdrs.CONNECTION] = "close"
            response.force_close()

    app.on_response_prepare.append(finish_head)
    runner = web.AppRunner(
        app,
        access_log=None,  # the boundary logs requests, without their queries
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=DRAIN_SECONDS,
        max_line_size=LINE_BYTES,
        max_field_size=LINE_BYTES,
        max_headers=HEADERS,
        auto_decompress=False,  # no browser or service sends us compressed bodies; a bomb stays small
        # A person who closes the window must not leave a guess uncounted: handlers run to their end.
        handler_cancellation=False,
    )
    await runner.setup()
    try:
        sites = [web.SockSite(runner, sock, backlog=BACKLOG) for sock in sockets]
        for site in sites:
            await site.start()
        ready()
        await stop.wait()
        for site in sites:
            await site.stop()
        await asyncio.sleep(ACCEPTED_SECONDS)
    finally:
        await runner.cleanup()
