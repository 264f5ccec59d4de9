"""`idp.web.ready`: what is sent at once is what the application would have said, and only where that is all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import pytest
from aiohttp import web

from idp.monitoring.meter import Meter
from idp.supervisor.work import Stop
from idp.web import server as servers
from idp.web.admission import Admission
from idp.web.boundary import Boundary
from idp.web.connection import Connections
from idp.web.directory import Directory
from idp.web.exchange import PREFIX
from idp.web.gate import Gate
from idp.web.ready import Document, Shelf
from idp.web.switchboard import Line, Switchboard
from tests.server import eventually

PATH = "/acme/.well-known/something"
HOST = "login.example.com"
NOW = 1_800_000_000
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
BODY = json.dumps({"said": "x" * 30_000}).encode()


@dataclass(frozen=True)
class Named:
    """As much of a tenant as is looked at."""

    name: str = "acme"
    prefix: str = "/acme"
    is_secure: bool = True
    settings: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(base_url=f"https://{HOST}/acme")
    )


@dataclass
class Served:
    port: int
    stop: Stop
    meter: Meter
    connections: Connections
    by_application: int = 0  # so many came so far

    async def ask(self, text: str) -> bytes:
        """What comes back, up to where the connection ends or the head of an answer without a body does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(text.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if text.startswith("GET") and b" 200 " in answer:
            answer += await reader.readexactly(len(BODY))
        writer.close()
        return answer

    async def told(self, text: str) -> tuple[int, dict[str, str], bytes]:
        head, _, body = (await self.ask(text)).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The boundary before an application that has the same document."""
    tenant, stop, meter, document = Named(), Stop(), Meter(), Document.of(BODY, "application/json", 60)
    shelf = Shelf(stop)
    shelf.put(tenant, "/.well-known/something", document)  # type: ignore[arg-type]

    async def show(request: web.Request) -> web.Response:
        one.by_application += 1
        return document.response(request)

    directory = Directory([tenant])  # type: ignore[list-item]
    boundary = Boundary(directory, lambda: NOW, (), meter, shelf)
    root, app = web.Application(middlewares=[boundary.cross]), web.Application()
    root[PREFIX], app[PREFIX] = "", "/acme"
    app.router.add_get("/.well-known/something", show)
    root.add_subapp("/acme", app)
    root.on_response_prepare.append(servers.finishing(stop))
    runner = web.AppRunner(root)
    await runner.setup()
    assert runner.server is not None
    meet = partial(boundary.meet, runner.server.request_handler)
    line = Line(web.Server(meet, request_factory=runner.server.request_factory))
    manager, loop = Switchboard(line, Gate(Admission(8, 1.0))).server(), asyncio.get_running_loop()
    connections = Connections(100)
    listening = await loop.create_server(
        lambda: servers.Connection(manager, connections, loop=loop, **servers.OPTIONS), "127.0.0.1", 0
    )
    one = Served(listening.sockets[0].getsockname()[1], stop, meter, connections)
    try:
        yield one
    finally:
        listening.close()
        await manager.shutdown(0.01)
        await runner.cleanup()


def request(method: str = "GET", path: str = PATH, version: str = "1.1", **headers: str) -> str:
    said = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{method} {path} HTTP/{version}\r\n{lines}\r\n"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_it_is_what_the_application_would_have_said(served: Served, method: str) -> None:
    status, headers, body = await served.told(request(method))
    assert (status, served.by_application) == (200, 0)
    assert headers.pop("Date") == DATE
    otherwise, said, same = await served.told(request(method, Host=HOST.upper()))
    assert served.by_application == 1
    del said["Date"]
    assert (otherwise, said, same) == (status, headers, body)
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == str(len(BODY))
    assert body == (BODY if method == "GET" else b"")


async def test_both_are_counted_as_the_same(served: Served) -> None:
    for _ in range(3):
        await served.told(request())
    await served.told(request(Host=f"{HOST}:443"))
    assert served.by_application == 1
    key = ("masugata_http_request_duration_seconds", "/.well-known/something", "GET", "200")
    assert [sum(row[:-1]) for name, row in served.meter.times.items() if name == key] == [4]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(version="1.0"), 200),
        (request(Connection="close"), 200),
        (request(path=f"{PATH}?a=b"), 200),
        (request(path=PATH.replace(".", "%2E")), 200),
        (request(If_None_Match='"another"'), 200),
    ],
)
async def test_whoever_asks_for_more_is_answered_by_the_application(
    served: Served, asked: str, status: int
) -> None:
    assert (await served.told(asked))[0] == status
    assert served.by_application == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_has_it_is_told_so(served: Served, method: str) -> None:
    """RFC 9110 §13.1.2, §15.4.5: with what a kept copy is renewed by, and no body."""
    _, headers, _ = await served.told(request(method))
    for wanted in (headers["ETag"], f"W/{headers['ETag']}", f'"a", {headers["ETag"]}', "*"):
        status, again, _ = await served.told(request(method, If_None_Match=wanted))
        assert status == 304
        kept = {"ETag", "Cache-Control", "Access-Control-Allow-Origin", "Strict-Transport-Security"}
        assert all(again[name] == headers[name] for name in kept)
        assert not {"Content-Type", "Content-Length", "Transfer-Encoding", "Server"} & again.keys()


async def test_who_is_leaving_says_so(served: Served) -> None:
    assert "Connection" not in (await served.told(request()))[1]
    served.stop.leaving.set()
    assert (await served.told(request()))[1]["Connection"] == "close"


async def test_nobody_else_is_given_it(served: Served) -> None:
    """THREAT_MODEL.md 23: a tenant is found by its configured base URL, and never by what a Host merely claims."""
    assert (await served.told(request("HEAD", Host="evil.example")))[0] == 421
    assert (await served.told(request("HEAD", Host=f"{HOST}:8443")))[0] == 421
    assert served.by_application == 0


async def test_one_after_the_other_on_a_connection(served: Served) -> None:
    """Sent in one piece; each answer is whole and nothing more, and the connection stays."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write((request("HEAD") + request()).encode() * 10)
    for number in range(20):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        if number % 2:
            assert await reader.readexactly(len(BODY)) == BODY
    assert served.by_application == 0
    writer.close()


async def test_whoever_reads_nothing_is_waited_for(served: Served) -> None:
    """Else a thousand requests sent at once would fill our memory with answers."""
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request().encode() * 1000)
    await eventually(lambda: any(each._stuck_at is not None for each in served.connections))
    (stuck,) = served.connections
    for _ in range(100):  # in which time as many more answers would have been written
        await served.told(request("HEAD"))
    assert stuck.transport is not None
    assert stuck.transport.get_write_buffer_size() < 10 * len(BODY)
    writer.transport.abort()
