"""TLS in front of a server, as a proxy would have it: for clients that refuse anything else."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

CHUNK = 65536


def certificate(folder: Path) -> tuple[Path, Path]:
    """A fresh one for localhost, signed by itself: its file and that of its key."""
    certified, key = folder / "localhost.pem", folder / "localhost.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-out", certified, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certified, key


@asynccontextmanager
async def forwarding(port: int, to: int, certified: Path, key: Path) -> AsyncIterator[None]:
    """While the block runs, what comes to `port` over TLS goes to `to` without, byte by byte."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certified, key)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, answers = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(_pump(reader, answers), _pump(behind, writer))

    server = await asyncio.start_server(forward, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
