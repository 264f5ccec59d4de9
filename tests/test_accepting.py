"""`idp.accepting`: handshakes that stop keep nobody out, and strangers get none."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from idp import accepting
from idp.accepting import Accepting
from tests.clients.tls import certificate
from tests.server import eventually

MOST = 4


class Echo(asyncio.Protocol):
    """Says what it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


async def test_the_handshake_that_takes_longest_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "MOST_HANDSHAKES", MOST)
    certified, key = certificate(tmp_path)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certified)
    server.load_cert_chain(certified, key)
    seen: list[str] = []

    def welcomes(address: str) -> bool:
        seen.append(address)
        return address == "127.0.0.1"

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        one = Accepting([listening], server, Echo, 60.0, welcomes)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST)]
        await eventually(lambda: len(seen) == MOST)
        reader, writer = await asyncio.open_connection("localhost", port, ssl=client, family=socket.AF_INET)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        assert await silent[0][0].read() == b"", "it was the first that came"
        stranger = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        assert await stranger[0].read() == b""
        one.close()
        for _, each in (*silent, stranger, (reader, writer)):
            each.transport.abort()
