"""One socket between two workers: whoever goes reads no more, and answers what it has read."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import storage
from protocols.radius.clients import Clients
from protocols.radius.datagrams import Datagrams
from protocols.radius.packet import Code
from protocols.radius.tally import Tally
from tests.protocols.radius.nas import NAS
from tests.protocols.radius.test_disconnect import reported
from tests.protocols.radius.test_statements import opened

FIRST, SECOND = 1, 2  # identifiers


async def test_a_worker_that_goes_leaves_at_the_socket_what_it_has_not_read(tmp_path: Path) -> None:
    """The next one has the socket, too: what the old one took and did not answer would be lost."""
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    answering, known = await opened(tmp_path, store)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        clients = Clients([known.tenant])
        going = Datagrams(sock, Code.ACCOUNTING_REQUEST, clients, answering, Tally("demo"))
        with NAS(sock.getsockname()[1]) as nas:
            async with store.transaction("demo") as tx:
                await tx.users.find("nobody")  # who has the turn to write keeps the first one waiting
                nas.send(reported(FIRST, "one", "a", identifier=FIRST))
                await asyncio.sleep(0.05)
                drained = asyncio.create_task(going.drain())
                await asyncio.sleep(0)
                nas.send(reported(FIRST, "one", "b", identifier=SECOND))
                await asyncio.sleep(0.05)
                assert not drained.done(), "the first is not answered yet"
            await drained
            assert nas.socket.recv(4096)[:2] == bytes((Code.ACCOUNTING_RESPONSE, FIRST))
            await asyncio.sleep(0.05)  # its end made room for others, and still nothing is read
        assert sock.recv(4096)[:2] == bytes((Code.ACCOUNTING_REQUEST, SECOND))
    await store.close()
