"""One HTTP connection and how many there may be: whoever keeps us waiting makes room for others."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import hdrs, web

from idp.web.gate import BODY_BYTES

LINE_BYTES: Final = 8190  # of a request line or one header field
HEAD_BYTES: Final = 32 * 1024  # of all of them, where they do not come at once
HEAD_SECONDS: Final = 20.0  # until the first request is there: browsers open connections in advance
READER_SECONDS: Final = 30.0  # for which whoever reads nothing may keep an answer waiting
LOOK_SECONDS: Final = 1.0
OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,  # the boundary logs requests, without their queries
    "keepalive_timeout": 75.0,  # longer than the 60 s for which proxies commonly keep a connection open
    "lingering_time": 2.0,  # for the rest of a request that was refused
    "max_line_size": LINE_BYTES,
    "max_field_size": LINE_BYTES,
    "max_headers": 64,
    "read_bufsize": BODY_BYTES // 2,  # reading pauses at twice as much: a whole body may wait for its handler
    "auto_decompress": False,  # no browser or service sends us compressed bodies; a bomb stays small
}
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nServer: Masugata\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)

log = structlog.get_logger("http")


class Connections:
    """The open ones, longest at rest first. At rest is whoever has sent no whole request since."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[Connection, None] = OrderedDict()
        self.closed = 0  # for the sake of others, or since they kept us waiting

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._open)

    def add(self, connection: Connection) -> None:
        """One more; another goes where there are too many."""
        self._open[connection] = None
        if len(self._open) > self._most:
            self._close(next((each for each in self._open if each.is_waiting), connection))

    def stir(self, connection: Connection) -> None:
        """A whole request has come on it."""
        if connection in self._open:  # else it was closed a moment ago
            self._open.move_to_end(connection)

    def remove(self, connection: Connection) -> None:
        self._open.pop(connection, None)

    def look(self, now: float) -> None:
        """Close whoever has kept us waiting for too long; `now` as the event loop counts."""
        for connection in [each for each in self._open if each.is_overdue(now)]:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self.closed += 1
        self.remove(connection)
        connection.give_up()


class Connection(web.RequestHandler):
    """What is no HTTP is answered without repeating it, and without naming our libraries."""

    __slots__ = ("_head_bytes", "_made_at", "_others", "_stuck_at")

    def __init__(
        self, manager: web.Server, others: Connections, *, loop: asyncio.AbstractEventLoop, **options: Any
    ) -> None:
        super().__init__(manager, loop=loop, **options)
        self._others = others
        self._made_at = loop.time()
        self._stuck_at: float | None = None  # since when an answer waits for who should read it
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._others.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._others.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waiter is None or self._messages:  # it is no head, or a whole one
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and self.transport is not None:
            self.transport.write(_TOO_LARGE)  # RFC 6585 §5
            self.force_close()

    def pause_writing(self) -> None:
        self._stuck_at = self._loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_at = None
        super().resume_writing()

    def stir(self) -> None:
        """A whole request has come."""
        self._others.stir(self)

    @property
    def is_waiting(self) -> bool:
        """Whether it is the other side's turn."""
        return not self._request_in_progress or self._stuck_at is not None

    def is_overdue(self, now: float) -> bool:
        if self._stuck_at is not None:
            return now - self._stuck_at > READER_SECONDS
        return not self._request_count and now - self._made_at > HEAD_SECONDS

    def give_up(self) -> None:
        """Close at once, without what is still to be written."""
        if self.transport is not None:
            self.transport.abort()

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
