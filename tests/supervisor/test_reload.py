"""SIGHUP: a new configuration comes into force without anybody noticing, or not at all."""

from __future__ import annotations

import asyncio
import time
import urllib.request

import pytest

from idp.web.server import LINGER_SECONDS
from tests.server import Server, eventually, free_port
from tests.supervisor.crowd import Crowd


def asked(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
    return body.decode()


def revision(server: Server) -> str:
    found: str = server.health()[1]["configuration"]
    return found


def count(server: Server, event: str) -> int:
    return sum(line["event"] == event for line in server.events)


async def reload(server: Server, result: str) -> None:
    """Ask for a reload and wait for one more of the event that ends it."""
    before = count(server, result)
    server.reload()
    await eventually(lambda: count(server, result) > before)


async def test_reloads_under_load_lose_no_connection(server: Server) -> None:
    """Every request that the server accepts is answered, by the old workers or by the new ones."""
    server.start()
    workers = server.pids[1:]
    async with Crowd(server.port) as crowd:
        for name in ("One", "Two", "Three", "Four"):
            server.tenant.settings["display_name"] = {"en": name, "ja": name}
            await reload(server, "server.reloaded")
    assert not crowd.failures
    assert crowd.answered > 1000
    await eventually(lambda: len(server.pids) == 3)
    assert not set(workers) & set(server.pids)


async def test_a_reload_brings_the_change_into_force(server: Server) -> None:
    """The new name is on the page, and the revision that health tells is another."""
    server.start()
    before = revision(server)
    server.tenant.settings["display_name"] = {"en": "Umbrella", "ja": "Umbrella"}
    await reload(server, "server.reloaded")
    await eventually(lambda: revision(server) != before)
    assert "Umbrella" in asked(server.url)


async def test_a_broken_file_keeps_the_old_configuration_and_says_what_is_wrong(server: Server) -> None:
    """Every mistake is logged with its place; the workers that serve are not touched."""
    server.start()
    before, pids = revision(server), server.pids
    server.tenant.settings["time_zone"] = "Asia/Atlantis"
    server.tenant.settings["colour"] = "blue"
    await reload(server, "configuration.refused")
    mistakes = [line["mistake"] for line in server.events if line["event"] == "configuration.mistake"]
    assert len(mistakes) == 2
    assert all("tenant.yaml:" in mistake for mistake in mistakes)
    assert (revision(server), server.pids) == (before, pids)


@pytest.mark.parametrize("storage", ["postgresql://nobody@127.0.0.1:9/none", "sqlite:/dev/null/no/file.db"])
async def test_a_configuration_that_cannot_be_served_keeps_the_old_one(server: Server, storage: str) -> None:
    """What only shows when workers start, such as a database out of reach, ends no service either."""
    server.start()
    before = revision(server)
    server.configuration.idp["storage"] = storage
    await reload(server, "configuration.refused")
    assert revision(server) == before
    await eventually(lambda: len(server.pids) == 3)


async def test_a_reload_listens_at_the_new_address_only(server: Server) -> None:
    """The address is part of the configuration like everything else."""
    server.start()
    old, server.port = server.port, free_port()
    server.configuration.idp["listen"]["http"] = f"127.0.0.1:{server.port}"
    await reload(server, "server.reloaded")
    assert server.is_ready()
    server.port = old
    await eventually(lambda: not server.is_ready())


async def test_a_taken_address_keeps_the_old_one(server: Server) -> None:
    """Somebody else listens there: said in the log, and no worker is touched."""
    server.start()
    pids = server.pids
    other = Server(server.folder / "other")
    try:
        other.start()
        server.configuration.idp["listen"]["http"] = f"127.0.0.1:{other.port}"
        await reload(server, "configuration.refused")
    finally:
        other.stop()
    assert server.is_ready()
    assert server.pids == pids


async def test_a_reload_can_change_the_number_of_workers(server: Server) -> None:
    server.start()
    server.configuration.idp["workers"] = 1
    await reload(server, "server.reloaded")
    await eventually(lambda: len(server.pids) == 2)


async def test_who_keeps_a_connection_is_told_in_an_answer_that_it_ends(server: Server) -> None:
    """A connection that lies idle while the workers change still gets its next request answered, and is then closed."""
    server.start()
    request = f"GET /oidc/jwks HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await ask(reader, writer, request)
    await reload(server, "server.reloaded")
    await asyncio.sleep(1.5)  # longer than those wait who were accepted last
    head = await ask(reader, writer, request)
    assert head.startswith(b"http/1.1 200 ") and b"connection: close" in head
    assert await reader.read() == b""
    writer.close()
    await eventually(lambda: len(server.pids) == 3)


async def test_a_server_that_ends_for_good_waits_for_no_idle_connection(server: Server) -> None:
    server.start()
    request = f"GET /oidc/jwks HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await ask(reader, writer, request)
    await reload(server, "server.reloaded")  # the worker that has it lingers
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < LINGER_SECONDS
    writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """The head of the answer, in small letters."""
    async with asyncio.timeout(60):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
        return head
