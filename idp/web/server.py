"""Serves at sockets that are open already, and ends without dropping a request."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from socket import socket
from typing import Any, Final

from aiohttp import hdrs, web

from idp.accepting import MOST_HANDSHAKES, Accepting
from idp.background import running
from idp.supervisor.sockets import BACKLOG
from idp.supervisor.work import Stop
from idp.web.connection import LOOK_SECONDS, OPTIONS, Connection, Connections

ACCEPTED_SECONDS = 0.5  # after we stop accepting: time for what was accepted last to send its request
LINGER_SECONDS = 5.0  # where others take over: for kept connections, each of which ends with its next answer
GLANCE_SECONDS = 0.1  # how often it is looked whether any is left
HANDSHAKE_SECONDS = 60.0  # a person may be choosing a certificate meanwhile
DRAIN_SECONDS = 10.0  # then what is being answered may take this long
OTHER_FILES: Final = 128  # that a process has open beside its connections


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
    most: int,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Answer requests until `stop` is set, then finish those that were begun; with `tls` over TLS.

    `most` connections are open at once.
    """
    runner = web.ServerRunner(manager, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    try:
        async with accepting(manager, sockets, room(most, is_tls=tls is not None), tls):
            ready()
            await stop.wait()
        await asyncio.sleep(ACCEPTED_SECONDS)
        await _linger(manager, stop.at_once)
    finally:
        await runner.cleanup()


def room(most: int, *, is_tls: bool) -> int:
    """How many connections there may be, of `most`: so many that descriptors are left for everything else.

    A connection counts only once its handshake is over.
    """
    others = OTHER_FILES + (MOST_HANDSHAKES if is_tls else 0)
    return max(1, min(most, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - others))


@asynccontextmanager
async def accepting(
    manager: web.Server, sockets: Sequence[socket], most: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Accept while the block runs, `most` connections at once; they stay."""
    loop = asyncio.get_running_loop()
    connections = Connections(most)

    def connection() -> Connection:
        return Connection(manager, connections, loop=loop, **OPTIONS)

    if tls is not None:
        servers: list[asyncio.Server | Accepting] = [Accepting(sockets, tls, connection, HANDSHAKE_SECONDS)]
    else:
        servers = [await loop.create_server(connection, sock=sock, backlog=BACKLOG) for sock in sockets]
    async with running(_look_after(connections)):
        yield
        for server in servers:
            server.close()


async def _look_after(connections: Connections) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        connections.look(loop.time())


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
