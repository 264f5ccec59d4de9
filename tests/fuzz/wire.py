"""HTTP as bytes: what a door is sent is exactly what was made, and what it answers is read whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote

from tests.fuzz.mutator import mutated
from tests.fuzz.target import COMMON

UNFIT = str.maketrans("", "", "\r\n\0")
PATIENCE_SECONDS = 60.0
AGAIN = 8


@dataclass(frozen=True)
class Sent:
    """One request. `fields` are the parameters of its address or its form, raw `body` goes as it is."""

    method: str
    path: str
    fields: tuple[tuple[str, bytes], ...] = ()
    headers: tuple[tuple[str, bytes], ...] = ()
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"

    def marked(self, mark: bytes) -> Iterator[Sent]:
        """As it is, and with the mark in one field after the other: what a database or a text cannot hold."""
        yield self
        for at, (name, value) in enumerate(self.fields):
            changed = (name, value[:20] + mark)
            yield replace(self, fields=(*self.fields[:at], changed, *self.fields[at + 1 :]))

    def spoilt(self, chance: random.Random, words: Sequence[bytes]) -> Sent:
        """With one to three of its parts changed."""
        fields, headers, body = list(self.fields), list(self.headers), self.body
        for _ in range(chance.randint(1, 3)):
            parts = [each for each in (fields, headers) if each]
            if body and (not parts or chance.random() < 0.7):
                body = mutated(chance, body, [body], words)
            elif parts:
                part = chance.choice(parts)
                at = chance.randrange(len(part))
                name, value = part[at]
                part[at] = (name, mutated(chance, value, [each for _, each in part], words))
        if fields and chance.random() < 0.1:
            fields.append(chance.choice(fields))
        return Sent(self.method, self.path, tuple(fields), tuple(headers), body, self.content_type)

    def written(self, host: str) -> bytes:
        """As it goes over the wire; nothing in it can be taken for the end of a header."""
        form = "&".join(f"{name}={quote(value[:6000], safe='')}" for name, value in self.fields).encode()
        is_form = self.method == "POST" and not self.body
        path = self.path if is_form or not form else f"{self.path}?{form[:7000].decode()}"
        body = form if is_form else self.body
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [
            f"{name}: {value[:6000].decode('latin-1').translate(UNFIT)}" for name, value in self.headers
        ]
        if self.method != "GET":
            lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass(frozen=True)
class Answered:
    """What came back; status 0 where the server ended the connection without a word."""

    status: int
    head: bytes
    body: bytes

    @property
    def is_fault(self) -> bool:
        """SOAP 1.1 §6.2: a fault is a 500, by its standard."""
        return self.status == 500 and b"text/xml" in self.head and b"<faultstring>" in self.body

    @property
    def is_busy(self) -> bool:
        """Ask again: nothing was looked at."""
        return self.status == 503 and b"retry-after:" in self.head.lower()

    @property
    def is_a_defect(self) -> bool:
        told = self.body.lower()
        trace = b"traceback" in told or b'.py", line' in told or b"site-packages" in told
        return trace or (self.status >= 500 and not self.is_fault)


class Wire:
    """One connection, opened again whenever the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()

    async def ask(self, raw: bytes) -> Answered:
        """The answer; asked again where the connection had ended meanwhile, or the server was busy."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(AGAIN):
                answered = await self._ask(raw)
                if answered.status and not answered.is_busy:
                    break
                await asyncio.sleep(0.5 if answered.is_busy else 0)
        return answered

    async def _ask(self, raw: bytes) -> Answered:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._close()
            return Answered(0, b"", b"")
        if b"connection: close" in head.lower():
            self._close()
        return Answered(int(head.split(b" ", 2)[1]), head, body)

    def _close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def words_of(*more: bytes) -> tuple[bytes, ...]:
    """What is put into parts of requests."""
    return (*COMMON, *more)
