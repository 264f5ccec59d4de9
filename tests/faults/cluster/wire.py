"""A network between a node and its database that can be cut: what is sent vanishes, or every connection breaks."""

from __future__ import annotations

import asyncio
from typing import cast


class Wire:
    """One way from a port of the loopback interface to a server."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._ends: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self._passes = asyncio.Event()
        self._passes.set()
        self.port = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def swallow(self) -> None:
        """Nothing arrives any more, in either direction, and nobody is told."""
        self._passes.clear()
        for end in self._ends:
            end.pause_reading()

    def mend(self) -> None:
        """What was sent meanwhile arrives late."""
        self._passes.set()
        for end in self._ends:
            end.resume_reading()

    def reset(self) -> None:
        """Every connection breaks, with what it had in it."""
        for end in tuple(self._ends):
            end.abort()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()

    def attach(self, end: asyncio.Transport) -> None:
        self._ends.add(end)
        if not self._passes.is_set():
            end.pause_reading()

    def detach(self, end: asyncio.Transport) -> None:
        self._ends.discard(end)

    async def reach(self, near: _Near) -> asyncio.Transport:
        """The other side, once the network works."""
        await self._passes.wait()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: _Far(self, near), "127.0.0.1", self._target)
        return transport


class _Near(asyncio.Protocol):
    """The node's side."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._sent = bytearray()
        self.far: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.own = cast(asyncio.Transport, transport)
        self._wire.attach(self.own)
        self._task = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        try:
            self.far = await self._wire.reach(self)
        except OSError:  # nobody listens there: as if it had been refused
            self.own.abort()
            return
        self.far.write(bytes(self._sent))

    def data_received(self, data: bytes) -> None:
        if self.far is None:
            self._sent += data
        else:
            self.far.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._task.cancel()
        self._wire.detach(self.own)
        if self.far is not None:
            self.far.abort()


class _Far(asyncio.Protocol):
    """The server's side."""

    def __init__(self, wire: Wire, near: _Near) -> None:
        self._wire = wire
        self._near = near

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._own = cast(asyncio.Transport, transport)
        self._wire.attach(self._own)

    def data_received(self, data: bytes) -> None:
        self._near.own.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._wire.detach(self._own)
        self._near.own.close()
