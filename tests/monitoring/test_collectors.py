"""Collectors that mean ill, or are broken: they get spans, and nothing else of the process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import storage
from idp import tracing
from idp.config.tracing import Tracing
from idp.monitoring import otlp
from tests.server import eventually

Talk = Callable[[socket.socket], None]
PIECE = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
PIECES = 64  # more than any system keeps for a socket that nobody reads


@contextmanager
def listening(talk: Talk) -> Iterator[str]:
    """An address at which everybody is answered like that."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

        def answer(came: socket.socket) -> None:
            with came, suppress(OSError):
                came.recv(1 << 20)
                talk(came)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1/traces"
        server.shutdown(socket.SHUT_RDWR)


async def export(endpoint: str, folder: Path) -> None:
    """One span, and the end."""
    database = await storage.open(f"sqlite:{folder / 'masugata.db'}")
    try:
        async with otlp.exporting(Tracing(endpoint=endpoint, share=1.0), database):
            with tracing.span("a step", {}, kind=tracing.SERVER):
                pass
    finally:
        await database.close()


async def test_an_answer_without_end_is_not_read(tmp_path: Path) -> None:
    """Whoever holds all of it holds no more than the other side wishes."""
    heard: list[bool] = []

    def talk(came: socket.socket) -> None:
        heard.append(False)
        came.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(PIECES):
            came.sendall(PIECE)
        came.sendall(b"0\r\n\r\n")
        heard.append(True)

    with listening(talk) as endpoint:
        await export(endpoint, tmp_path)
        await eventually(lambda: heard)
    assert not any(heard)


async def test_the_end_waits_for_no_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is still there after twenty seconds is killed, and with it what it has to finish."""
    monkeypatch.setattr(otlp, "END_SECONDS", 0.2)
    released = threading.Event()

    def talk(came: socket.socket) -> None:
        came.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not released.wait(0.1):
            came.sendall(b"x")

    with listening(talk) as endpoint:
        try:
            async with asyncio.timeout(20):
                await export(endpoint, tmp_path)
        finally:
            released.set()
