"""A crowd of clients that keeps asking and forgives nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self

SECONDS = 5


class Crowd:
    """While entered, some clients open a connection for each request and others keep theirs.

    `failures` counts what any of them did not get, by kind; it must stay empty.
    """

    def __init__(self, port: int, fresh: int = 6, keeping: int = 6) -> None:
        self._port = port
        self._asked = [self._ask_on_fresh_connections] * fresh + [self._ask_on_one_connection] * keeping
        self._tasks: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        self.answered = 0
        self.failures: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(ask()) for ask in self._asked]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await asyncio.gather(*self._tasks)

    async def _ask_on_fresh_connections(self) -> None:
        while not self._over.is_set():
            await self._visit(requests=1)

    async def _ask_on_one_connection(self) -> None:
        while not self._over.is_set():
            await self._visit(requests=None)

    async def _visit(self, requests: int | None) -> None:
        """Ask until the server says that it closes; it may do so only in an answer."""
        try:
            async with asyncio.timeout(SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            while not self._over.is_set() and requests != 0:
                async with asyncio.timeout(SECONDS):
                    head = await self._ask(reader, writer, last=requests == 1)
                self.answered += 1
                requests = None if requests is None else requests - 1
                if b"connection: close" in head:
                    break
            writer.close()
        except (OSError, EOFError, TimeoutError) as error:
            self.failures[type(error).__name__] += 1

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, last: bool) -> bytes:
        close = "Connection: close\r\n" if last else ""
        host = f"Host: localhost:{self._port}\r\n"
        writer.write(f"GET /.well-known/openid-configuration HTTP/1.1\r\n{host}{close}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
        if not head.startswith(b"http/1.1 200 "):
            self.failures[head.partition(b"\r\n")[0].decode()] += 1
        return head
