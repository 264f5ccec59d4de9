"""One socket between two workers: whoever goes reads no more, and answers what it has read."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

import storage
from idp.monitoring.meter import Meter
from protocols.radius import datagrams
from protocols.radius.admission import WRONG_AUTHENTICATOR
from protocols.radius.clients import Clients
from protocols.radius.datagrams import Datagrams
from protocols.radius.packet import Code
from protocols.radius.tally import Tally
from tests.protocols.radius.nas import NAS
from tests.protocols.radius.test_disconnect import reported
from tests.protocols.radius.test_statements import opened
from tests.server import eventually

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
        going = Datagrams(sock, Code.ACCOUNTING_REQUEST, clients, answering, Tally("demo", Meter()))
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
                assert not going.is_full, "it has stopped on purpose"
            await drained
            assert nas.socket.recv(4096)[:2] == bytes((Code.ACCOUNTING_RESPONSE, FIRST))
            await asyncio.sleep(0.05)  # its end made room for others, and still nothing is read
        assert sock.recv(4096)[:2] == bytes((Code.ACCOUNTING_REQUEST, SECOND))
    await store.close()


async def test_who_gives_the_address_of_a_nas_as_his_takes_no_room_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cannot sign is dropped at once: what waits was made by holders of the secret."""
    monkeypatch.setattr(datagrams, "MOST_AT_ONCE", 1)
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    answering, known = await opened(tmp_path, store)
    dropped: list[str] = []

    class Watched(Tally):
        def dropped(self, nas: object, reason: str) -> None:
            dropped.append(reason)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        serving = Datagrams(
            sock, Code.ACCOUNTING_REQUEST, Clients([known.tenant]), answering, Watched("demo", Meter())
        )
        port = sock.getsockname()[1]
        with NAS(port) as nas:
            async with store.transaction("demo") as tx:
                await tx.users.find("nobody")  # who has the turn to write keeps the first one waiting
                nas.send(reported(FIRST, "one", "a", identifier=FIRST))
                forged = bytearray(reported(FIRST, "one", "b", identifier=SECOND))
                forged[-1] ^= 1
                nas.send(bytes(forged))
                await eventually(lambda: dropped)
                assert dropped == [WRONG_AUTHENTICATOR] and not serving.is_full
                nas.send(reported(FIRST, "one", "c", identifier=SECOND))
                await eventually(lambda: serving.is_full)
            codes = [(await asyncio.to_thread(nas.socket.recv, 4096))[:2] for _ in range(2)]
            assert codes == [bytes((Code.ACCOUNTING_RESPONSE, each)) for each in (FIRST, SECOND)]
        await serving.drain()
    await store.close()


async def test_another_configuration_counts_for_the_next_packet_and_what_was_heard_is_still_known(
    tmp_path: Path,
) -> None:
    """A repeated request is answered as it was; a NAS that the new configuration does not have is a stranger."""
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    answering, known = await opened(tmp_path, store)
    strangers: list[str] = []

    class Watched(Tally):
        def stranger(self, address: str) -> None:
            strangers.append(address)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        clients = Clients([known.tenant])
        serving = Datagrams(sock, Code.ACCOUNTING_REQUEST, clients, answering, Watched("demo", Meter()))
        with NAS(sock.getsockname()[1]) as nas:
            packet = reported(FIRST, "one", "a", identifier=FIRST)
            nas.send(packet)
            answer = await asyncio.to_thread(nas.socket.recv, 4096)
            serving.follow(Clients([known.tenant]), answering)
            nas.send(packet)
            assert await asyncio.to_thread(nas.socket.recv, 4096) == answer
            serving.follow(Clients([]), answering)
            nas.send(reported(FIRST, "one", "b", identifier=SECOND))
            await eventually(lambda: strangers == ["127.0.0.1"])
        await serving.drain()
    await store.close()
