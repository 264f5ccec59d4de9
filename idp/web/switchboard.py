"""Hands each request to the application that is in force when it comes, and lets that one finish it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from idp.web.connection import Connection
from idp.web.gate import Gate

GLANCE_SECONDS: Final = 0.05  # how often it is looked whether requests are still under way
OWN_BEGINNINGS: Final = ("/",)  # the portal
DRAIN_SECONDS: Final = 10.0  # then whoever still works on one has to do without


class Line:
    """One application behind the switchboard, and how many of its requests are under way."""

    def __init__(self, server: web.Server, beginnings: Sequence[str] = ()) -> None:
        """`server` is what a runner made of the application; it has no connection of its own.

        `beginnings` are the paths that begin a login, without the prefixes of tenants.
        """
        self.request = server.request_factory
        self.answer = server.request_handler
        self.beginnings = (*OWN_BEGINNINGS, *beginnings)
        self.under_way = 0

    async def finish(self) -> None:
        """Wait until what was begun is answered; not for ever."""
        await asyncio.sleep(GLANCE_SECONDS)  # a request may have come whose handler has not begun
        for _ in range(round(DRAIN_SECONDS / GLANCE_SECONDS)):
            if not self.under_way:
                return
            await asyncio.sleep(GLANCE_SECONDS)


LINE: Final = web.RequestKey("line", Line)


class Switchboard:
    """Connections stay while the application behind them changes: a proxy keeps its own open for hours."""

    def __init__(self, line: Line, gate: Gate) -> None:
        self._line = line
        self._gate = gate

    def turn(self, line: Line) -> None:
        """Every request that comes from now on is for this one."""
        self._line = line

    def server(self) -> web.Server:
        """What connections are given to. A person who closes the window must not leave a guess uncounted, so
        handlers run to their end.
        """
        return web.Server(self._handle, request_factory=self._request, handler_cancellation=False)

    def _request(self, *parts: Any) -> web.BaseRequest:
        line = self._line
        request = line.request(*parts)
        request[LINE] = line
        return request

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        line, connection = request[LINE], request.protocol
        if isinstance(connection, Connection):
            connection.stir()
        line.under_way += 1
        try:
            return await self._gate.let(request, line.beginnings, line.answer)
        finally:
            line.under_way -= 1
