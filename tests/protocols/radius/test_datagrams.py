"""One socket between two workers: whoever goes reads no more, and answers what it has read."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from zoneinfo import ZoneInfo

import storage
from idp.config.tenant import TenantSettings
from idp.login import Login
from idp.provider import IdentityProvider
from idp.tenant import Service, Tenant
from keys.seal import Vault
from protocols.radius.answering import Answering
from protocols.radius.clients import Clients
from protocols.radius.datagrams import Datagrams
from protocols.radius.packet import Code
from protocols.radius.settings import ServiceSettings
from protocols.radius.tally import Tally
from tests.protocols.radius.nas import NAS, SECRET
from tests.protocols.radius.test_disconnect import reported

NOW = 1_800_000_000
FIRST, SECOND = 1, 2  # identifiers


def tenant(folder: Path) -> Tenant:
    (folder / "secret").write_bytes(SECRET)
    settings = TenantSettings(tenant="demo", base_url="https://idp.example.com", display_name={"en": "demo"})
    vpn = ServiceSettings.model_validate(
        {"networks": ["127.0.0.1/32"], "secret": {"file": str(folder / "secret")}}
    )
    services = {"vpn": Service("vpn", {"en": "vpn"}, {"radius": vpn})}
    vault = Vault("demo", {1: os.urandom(32)})
    return Tenant("demo", settings, services, (), {}, vault, ZoneInfo("UTC"), b"k" * 32)


async def test_a_worker_that_goes_leaves_at_the_socket_what_it_has_not_read(tmp_path: Path) -> None:
    """The next one has the socket, too: what the old one took and did not answer would be lost."""
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    demo = tenant(tmp_path)
    provider = IdentityProvider({"demo": demo}, store, Login(), lambda: NOW)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        going = Datagrams(sock, Code.ACCOUNTING_REQUEST, Clients([demo]), Answering(provider), Tally("demo"))
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
