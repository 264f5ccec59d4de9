"""The leanest of all browsers: one connection, a request, its answer. A load that is offered costs the machine too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode, urljoin, urlsplit

from tests.bench.browser import Answered, Browser, Failed


class TurnedAway(Failed):
    """The server said 503, and when to come back."""


class Wire(asyncio.Protocol):
    """A connection that stays open. One request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.is_open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._buffer[:end])
        at = head.lower().find(b"\r\ncontent-length: ")
        length = int(head[at + 18 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) >= end + 4 + length:
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            del self._buffer[: end + 4 + length]
            self._answer.set_result((head, body))

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """The answer's head and body. Raises OSError where the connection ends."""
        if self._transport is None or not self.is_open:
            raise ConnectionResetError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Pool:
    """Connections that are kept, as a proxy in front keeps them."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.opened = 0
        self._idle: list[Wire] = []

    async def take(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.is_open:
                return wire
        self.opened += 1
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(Wire, "127.0.0.1", self.port)
        return wire

    def put(self, wire: Wire) -> None:
        self._idle.append(wire)

    def close(self) -> None:
        for wire in self._idle:
            wire.close()


class Person(Browser):
    """`tests.bench.browser.Browser` over a pool; notes how long each answer took."""

    def __init__(self, pool: Pool, served: list[float], turned_away: list[float]) -> None:
        self.cookies: dict[str, str] = {}
        self.requests = 0
        self._pool, self._served, self._turned_away = pool, served, turned_away

    async def __aexit__(self, *_: object) -> None:
        """The connections are the pool's."""

    async def send(
        self, method: str, url: str, data: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Answered:
        """Raises `TurnedAway`, and OSError."""
        request = self._request(method, url, data, authorization)
        loop = asyncio.get_running_loop()
        began = loop.time()
        wire = await self._pool.take()
        try:
            head, body = await wire.ask(request)
        except BaseException:
            wire.close()
            raise
        self._pool.put(wire)
        self.requests += 1
        status = int(head[9:12])
        if status == 503:
            self._turned_away.append(loop.time() - began)
            if b"retry-after: " not in head.lower():
                raise Failed("503 without Retry-After")
            raise TurnedAway(f"{method} {urlsplit(url).path}")
        self._served.append(loop.time() - began)
        return Answered(url, status, body.decode(), self._read(url, head.decode()))

    def _request(self, method: str, url: str, data: Mapping[str, str] | None, authorization: str) -> bytes:
        parts = urlsplit(url)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._pool.host}:{self._pool.port}"]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        elif self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        body = urlencode(data) if data is not None else ""
        if data is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()

    def _read(self, url: str, head: str) -> str | None:
        """Keep the cookies; where it leads."""
        location = None
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(": ")
            match name.lower():
                case "set-cookie":
                    name, _, value = value.partition(";")[0].partition("=")
                    self.cookies[name] = value
                    if not value:
                        del self.cookies[name]
                case "location":
                    location = urljoin(url, value)
        return location
