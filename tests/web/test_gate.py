"""`idp.web.gate` and `idp.web.connection`: what those may hold who take their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import aiohttp
import pytest
from aiohttp import web

from idp.outside import outside
from idp.web import gate as gates
from idp.web.admission import Admission
from idp.web.bodies import Bodies, source_of
from idp.web.connection import (
    HEAD_BYTES,
    HEAD_SECONDS,
    OPTIONS,
    READER_SECONDS,
    Connection,
    Connections,
)
from idp.web.gate import BODY_BYTES, MOST_BODIES, Gate
from idp.web.switchboard import Line, Switchboard
from tests.server import eventually

MOST = 8
PROXY = ip_network("127.0.0.9/32")
LARGE = 64 * 1024 * 1024  # more than the kernel keeps for a connection


@dataclass
class Served:
    """An application behind a gate, as a process has it."""

    port: int
    admission: Admission
    connections: Connections
    open: asyncio.Event  # until then nobody is answered but at /health/live, /echo and /large
    under_way: Line
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        self.opened.append(writer)
        return reader, writer


@asynccontextmanager
async def served(most: int = 100) -> AsyncIterator[Served]:
    """`most` connections."""
    go_on = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await go_on.wait()
        return web.Response()

    async def away(_: web.Request) -> web.Response:
        with outside():
            await go_on.wait()
        return web.Response()

    async def live(_: web.Request) -> web.Response:
        return web.Response()

    async def echo(request: web.Request) -> web.Response:
        assert request.content.is_eof(), "its body is all there"
        return web.Response(body=await request.read())

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(LARGE))

    app = web.Application(client_max_size=BODY_BYTES)
    app.add_routes([web.get("/begin", wait), web.get("/go-on", wait), web.get("/health/live", live)])
    app.add_routes([web.get("/away", away)])
    app.add_routes([web.post("/echo", echo), web.get("/large", large)])
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    line, admission, connections = Line(runner.server, ["/begin"]), Admission(MOST, 1.0), Connections(most)
    manager = Switchboard(line, Gate(admission, [PROXY])).server()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(manager, connections, loop=loop, **OPTIONS), "127.0.0.1", 0
    )
    one = Served(server.sockets[0].getsockname()[1], admission, connections, go_on, line)
    try:
        yield one
    finally:
        for writer in one.opened:
            writer.transport.abort()
        server.close()
        await manager.shutdown(0.01)
        await runner.cleanup()


async def test_beginnings_leave_room_and_whoever_finds_none_is_told_so_at_once() -> None:
    async with served() as one, aiohttp.ClientSession(f"http://127.0.0.1:{one.port}") as http:

        async def status(path: str) -> int:
            async with http.get(path) as answer:
                assert (answer.status == 503) == ("Retry-After" in answer.headers)
                return answer.status

        async def held(path: str, count: int) -> list[asyncio.Task[int]]:
            before = one.admission.load().under_way
            tasks = [asyncio.create_task(status(path)) for _ in range(count)]
            await eventually(lambda: one.admission.load().under_way == before + count)
            return tasks

        waiting = await held("/begin", 7)
        assert await status("/begin") == 503
        waiting += await held("/go-on", 1)
        assert await status("/go-on") == 503
        assert await status("/health/live") == 200
        one.open.set()
        assert [await each for each in waiting] == [200] * MOST
        assert await status("/begin") == 200
        assert one.admission.load().turned_away == 2


async def test_who_waits_for_somebody_outside_keeps_no_place_and_has_one_again_at_the_end() -> None:
    async with served() as one:
        answers = []
        for number in range(1, 2 * MOST + 1):
            reader, writer = await one.connect()
            writer.write(b"GET /away HTTP/1.1\r\nHost: x\r\n\r\n")
            answers.append(reader)
            await eventually(lambda number=number: one.under_way.under_way == number)  # type: ignore[misc]
        load = one.admission.load()
        assert (load.under_way, load.turned_away, load.admitted) == (0, 0, 2 * MOST)
        one.open.set()
        for reader in answers:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await eventually(lambda: one.under_way.under_way == 0)
        assert one.admission.load().under_way == 0


async def test_browsers_are_shown_a_page_in_their_language_and_programs_json() -> None:
    async with served() as one, aiohttp.ClientSession(f"http://127.0.0.1:{one.port}") as http:
        for _ in range(MOST):
            one.admission.enter()
        for language, words in (("ja,en;q=0.5", "混み合って"), ("en", "busy"), ("de", "busy")):
            headers = {"Accept": "text/html,*/*", "Accept-Language": language}
            async with http.get("/begin", headers=headers) as answer:
                assert answer.status == 503
                assert words in await answer.text()
                assert answer.headers["Cache-Control"] == "no-store"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        seconds = set()
        for _ in range(5):
            async with http.post("/go-on") as answer:
                assert await answer.json() == {"error": "temporarily_unavailable"}
                seconds.add(answer.headers["Retry-After"])
        assert seconds == {"1", "2", "3", "4", "5"}, "who came together shall not come again together"


def post(length: int | None, sent: bytes, more: str = "") -> bytes:
    how = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST /echo HTTP/1.1\r\nHost: x\r\n{more}{how}\r\n\r\n".encode() + sent


async def test_slow_bodies_hold_no_place_and_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "BODY_SECONDS", 3600.0)  # nobody is given up for being slow alone
    async with served(MOST_BODIES * 2) as one:
        slow = []
        for most in (3, MOST_BODIES, MOST_BODIES + 3):
            while len(slow) < most:
                slow.append(await one.connect())
                slow[-1][1].write(post(10, b"abc"))
            await eventually(lambda most=most: one.under_way.under_way == min(most, MOST_BODIES))  # type: ignore[misc]
        for reader, _ in slow[:3]:
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        assert one.admission.load().under_way == 0
        slow[-1][1].write(b"defghij")
        assert (await slow[-1][0].readuntil(b"abcdefghij")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("is_proxied", [False, True])
async def test_slow_bodies_from_one_place_cost_nobody_elsewhere_his_own(
    monkeypatch: pytest.MonkeyPatch, is_proxied: bool
) -> None:
    """The one that is waited for longest stays, as long as another place has more; behind a proxy, too."""
    monkeypatch.setattr(gates, "BODY_SECONDS", 3600.0)

    async def begin(one: Served, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        line = f"X-Forwarded-For: {source}\r\n" if is_proxied else ""
        reader, writer = await one.connect(str(PROXY.network_address) if is_proxied else source)
        writer.write(post(10, b"abc", line))
        return reader, writer

    async with served(MOST_BODIES * 2) as one:
        slow = await begin(one, "127.0.0.1")
        await eventually(lambda: one.under_way.under_way == 1)
        crowd = [await begin(one, "127.0.0.2") for _ in range(MOST_BODIES + 3)]
        ended = [asyncio.create_task(reader.readline()) for reader, _ in crowd]
        await eventually(lambda: sum(task.done() for task in ended) == 4)
        assert all(task.result().startswith(b"HTTP/1.1 408 ") for task in ended if task.done())
        slow[1].write(b"defghij")
        assert (await slow[0].readuntil(b"abcdefghij")).startswith(b"HTTP/1.1 200 ")
        for task in ended:
            task.cancel()


async def test_one_whose_time_is_up_makes_room_in_the_moment_before_it_goes() -> None:
    """Of a crowd that came together some end while others come: that is no defect of ours, and no 500."""
    bodies, source = Bodies(1), source_of(ip_address("192.0.2.1"))
    limit, another = asyncio.timeout(None), asyncio.timeout(None)

    async def wait() -> None:
        async with limit:
            with bodies.waited_for(limit, source):
                await asyncio.Event().wait()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    limit.reschedule(0)
    await asyncio.sleep(0)
    assert limit.expired() and not waiting.done(), "it is only about to be told"
    async with another:
        with bodies.waited_for(another, source):
            pass
    with pytest.raises(TimeoutError):
        await waiting


def test_a_network_of_ipv6_is_one_place_and_an_address_of_ipv4() -> None:
    def are_one(*addresses: str) -> bool:
        return len({source_of(ip_address(each)) for each in addresses}) == 1

    assert are_one("2001:db8::1", "2001:db8:0:ffff::1")
    assert not are_one("2001:db8::1", "2001:db8:1::1")
    assert not are_one("192.0.2.1", "192.0.2.2")
    assert not are_one("::192.0.2.1", "192.0.2.1")


async def test_a_body_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """THREAT_MODEL.md 32: bounded length and time. Who sends a byte a minute would hold a connection for ever."""
    monkeypatch.setattr(gates, "BODY_SECONDS", 0.2)
    async with served() as one:
        for sent, status in (
            (post(10, b"abc"), b"408"),
            (post(BODY_BYTES + 1, b"abc"), b"413"),
            (post(None, b"%x\r\n" % LARGE + bytes(4 * BODY_BYTES)), b"413"),
        ):
            reader, writer = await one.connect()
            writer.write(sent)
            assert (await reader.readline()).split()[1] == status
            writer.close()


async def test_who_waits_to_be_told_to_go_on_is_told_so() -> None:
    """RFC 9110 §10.1.1."""
    async with served() as one:
        reader, writer = await one.connect()
        writer.write(post(3, b"").replace(b"Host", b"Expect: 100-continue\r\nHost"))
        assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
        writer.write(b"abc")
        assert b"HTTP/1.1 200 " in await reader.readuntil(b"abc")


async def test_what_else_is_expected_is_refused_and_not_repeated() -> None:
    """RFC 9110 §10.1.1; THREAT_MODEL.md 32: no 5xx. It may be no text at all, and is nobody's business."""
    async with served() as one:
        for expected in (b"\xff\xfe", b"<script>", b"100-continue, more"):
            reader, writer = await one.connect()
            writer.write(post(3, b"abc").replace(b"Host", b"Expect: " + expected + b"\r\nHost"))
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 417 ")
            assert expected not in answer


async def test_a_head_that_comes_bit_by_bit_has_an_end() -> None:
    async with served() as one:
        reader, writer = await one.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for number in range(HEAD_BYTES // 4096 + 1):
            writer.write(b"X-%d: %s\r\n" % (number, b"a" * 4096))
            await writer.drain()
            await asyncio.sleep(0.01)
        assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")


async def test_who_sends_no_request_or_reads_no_answer_is_given_up() -> None:
    async with served() as one:
        now = asyncio.get_running_loop().time
        silent, reading = await one.connect(), await one.connect()
        reading[1].write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        used = await one.connect()
        used[1].write(post(3, b"abc"))
        await used[0].readuntil(b"abc")
        await eventually(lambda: one.under_way.under_way == 0 and len(one.connections) == 3)
        await eventually(lambda: any(each.is_overdue(now() + READER_SECONDS + 1) for each in stuck(one)))
        one.connections.look(now())
        assert len(one.connections) == 3
        one.connections.look(now() + HEAD_SECONDS + 1)
        assert await silent[0].read() == b""
        assert len(one.connections) == 2
        one.connections.look(now() + READER_SECONDS + 1)
        assert len(one.connections) == 1, "the one that was used may stay"
        used[1].write(post(3, b"abc"))
        await used[0].readuntil(b"abc")


def stuck(one: Served) -> list[Connection]:
    return [each for each in one.connections if each.is_waiting]


async def test_of_too_many_connections_the_one_that_was_silent_for_longest_goes() -> None:
    async with served(most=10) as one:
        first, *others = [await one.connect() for _ in range(10)]
        await eventually(lambda: len(one.connections) == 10)
        first[1].write(post(3, b"abc"))
        await first[0].readuntil(b"abc")
        new = await one.connect()
        assert await others[0][0].read() == b"", "it was silent for longest: the first has just asked"
        for reader, writer in (first, new):
            writer.write(post(3, b"abc"))
            await reader.readuntil(b"abc")
        assert one.connections.closed == 1


async def test_pipelined_requests_are_read_as_they_are_answered() -> None:
    """Whoever sends thousands of them at once makes the kernel keep them, not us; and others are served between."""
    async with served() as one:
        reader, writer = await one.connect()
        count = 1500
        asking = asyncio.create_task(send(writer, post(3, b"abc") * count))
        other, ask = await one.connect()
        ask.write(post(3, b"xyz"))
        await other.readuntil(b"xyz")
        assert all(len(each._messages) < 100 for each in one.connections)
        for _ in range(count):
            await reader.readuntil(b"abc")
        await asking


async def send(writer: asyncio.StreamWriter, what: bytes) -> None:
    writer.write(what)
    await writer.drain()
