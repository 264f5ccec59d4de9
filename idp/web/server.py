"""Serves at sockets that are open already, and ends without dropping a request."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from socket import socket
from typing import Any, Final

import structlog
from aiohttp import hdrs, web

from idp.supervisor.sockets import BACKLOG
from idp.supervisor.work import Stop

BODY_BYTES = 256 * 1024  # the largest request that any page of ours sends is far smaller
LINE_BYTES = 8190  # of a request line or one header field
ACCEPTED_SECONDS = 0.5  # after we stop accepting: time for what was accepted last to send its request
LINGER_SECONDS = 5.0  # where others take over: for kept connections, each of which ends with its next answer
GLANCE_SECONDS = 0.1  # how often it is looked whether any is left
HANDSHAKE_SECONDS = 60.0  # a person may be choosing a certificate meanwhile
DRAIN_SECONDS = 10.0  # then what is being answered may take this long
OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,  # the boundary logs requests, without their queries
    "keepalive_timeout": 75.0,  # longer than the 60 s for which proxies commonly keep a connection open
    "max_line_size": LINE_BYTES,
    "max_field_size": LINE_BYTES,
    "max_headers": 64,
    "auto_decompress": False,  # no browser or service sends us compressed bodies; a bomb stays small
}

log = structlog.get_logger("http")


FinishHead = Callable[[web.Request, web.StreamResponse], Coroutine[Any, Any, None]]


def finishing(stop: Stop) -> FinishHead:
    """What every response of an application is given before it goes out."""

    async def finish_head(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.pop(hdrs.SERVER, None)  # which libraries we run on is nobody's business
        if stop.is_set() or stop.leaving.is_set():
            # the next request goes to the workers that replace us; the header is written by now, so by hand
            response.headers[hdrs.CONNECTION] = "close"
            response.force_close()

    return finish_head


async def serve(
    manager: web.Server,
    sockets: Sequence[socket],
    ready: Callable[[], None],
    stop: Stop,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Answer requests until `stop` is set, then finish those that were begun; with `tls` over TLS."""
    runner = web.ServerRunner(manager, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(manager, loop=loop, **OPTIONS)

    try:
        secure: dict[str, Any] = {"ssl": tls, "ssl_handshake_timeout": HANDSHAKE_SECONDS} if tls else {}
        servers = [
            await loop.create_server(connection, sock=sock, backlog=BACKLOG, **secure) for sock in sockets
        ]
        ready()
        await stop.wait()
        for server in servers:
            server.close()
        await asyncio.sleep(ACCEPTED_SECONDS)
        await _linger(manager, stop.at_once)
    finally:
        await runner.cleanup()


async def _linger(manager: web.Server, at_once: asyncio.Event) -> None:
    """Leave idle connections open for a while: who sends on one at the moment when it is closed gets no answer.

    A browser may send the request again (RFC 9112 §9.3.1), but not what is not idempotent, such as a form.
    """
    for _ in range(round(LINGER_SECONDS / GLANCE_SECONDS)):
        if not manager.connections:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GLANCE_SECONDS):
                await at_once.wait()
                return


class Connection(web.RequestHandler):
    """One connection. What is no HTTP is answered without repeating it, and without naming our libraries."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  as aiohttp calls it
    ) -> web.StreamResponse:
        """The last answer on this connection; `message` would repeat what was sent, so nobody is shown it."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("defect", exc_info=exc)
        else:
            log.info("malformed", status=status, reason=type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun and cannot be followed by another")
        response = web.Response(
            status=status, text=f"{HTTPStatus(status).phrase}\n", headers={hdrs.SERVER: "Masugata"}
        )
        response.force_close()
        return response
