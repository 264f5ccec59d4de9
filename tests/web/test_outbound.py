"""THREAT_MODEL.md 25: Outbound fetches: allow-listed, no private address after DNS, no redirect, bounded."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from idp.web import outbound
from idp.web.outbound import MAXIMUM_BYTES, Limits, Outbound, OutboundError
from idp.web.public_address import is_public, literal
from tests.server import free_port

INNER = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "64:ff9b:1::a00:1", "fec0::1", "::a00:1", "::ffff:0:a00:1",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8")

Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """What DNS answers from now on, whatever name is asked."""

    def answer(*addresses: str) -> None:
        async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
            families = {4: 2, 6: 10}
            return [
                (families[ipaddress.ip_address(each).version], 1, 6, "", (each, port)) for each in addresses
            ]

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)

    return answer


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """A service of somebody else on this machine; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        site = web.TCPSite(runners[-1], "127.0.0.1", 0)
        await site.start()
        return f"http://localhost:{runners[-1].addresses[0][1]}/"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("address", INNER)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_outside_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1"])
def test_an_address_is_one_however_it_is_written(host: str) -> None:
    assert literal(host) == ipaddress.IPv4Address("127.0.0.1")
    assert literal(f"{host}.example.com") is None


@pytest.mark.parametrize("address", INNER)
async def test_no_private_address_after_dns(names: Names, address: str) -> None:
    names(address)
    with pytest.raises(OutboundError, match="private address"):
        await Outbound(()).get("https://rp.example.com/")


async def test_one_private_address_among_public_ones_is_enough(names: Names) -> None:
    names("8.8.8.8", "10.0.0.1")
    with pytest.raises(OutboundError, match="private address"):
        await Outbound(()).get("https://rp.example.com/")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "0.0.0.0", "127.1", "2130706433", "0x7f.1"]
)
async def test_no_private_address_written_as_one(host: str) -> None:
    """Also as the odd spellings that the system's look-up understands."""
    with pytest.raises(OutboundError, match=r"private address|unknown|no proper|no connection"):
        await Outbound(()).get(f"https://{host}/latest/meta-data/")


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "//example.com", "https://", "x"]
)
async def test_nothing_but_https(url: str) -> None:
    with pytest.raises(OutboundError, match="https"):
        await Outbound(("example.com",)).get(url)


async def test_plain_http_only_to_this_machine(names: Names) -> None:
    for allow, is_demo, address in (
        ((), False, "127.0.0.1"), ((), False, "8.8.8.8"), (("rp.example.com",), False, "10.0.0.1"),
        ((), True, "8.8.8.8"),
    ):  # fmt: skip
        names(address)
        with pytest.raises(OutboundError, match="plain http"):
            await Outbound(allow, is_demo=is_demo).get("http://rp.example.com/")


async def test_a_demo_tenant_reaches_this_machine_and_nothing_else_inside(names: Names, serve: Any) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    url = await serve(hello)
    assert (await Outbound((), is_demo=True).get(url)).body == b"hello"
    names("10.0.0.1")
    with pytest.raises(OutboundError, match="plain http"):
        await Outbound((), is_demo=True).get(url)  # localhost that is not here
    with pytest.raises(OutboundError, match="private address"):
        await Outbound((), is_demo=True).get("https://rp.example.com/")


async def test_it_carries_a_form_and_no_cookie(serve: Any) -> None:
    seen: list[tuple[dict[str, str], dict[str, Any]]] = []

    async def remember(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), dict(await request.post())))
        response = web.Response(status=400, text="no")
        response.set_cookie("tracked", "yes")
        return response

    url, out = await serve(remember), Outbound(("localhost",))
    for _ in range(2):
        answer = await out.post(url, {"logout_token": "a.b.c"})
        assert (answer.status, answer.body, answer.content_type) == (400, b"no", "text/plain")
    for headers, form in seen:
        assert form == {"logout_token": "a.b.c"}
        assert "Cookie" not in headers
        assert "aiohttp" not in headers["User-Agent"]


async def test_no_redirect(serve: Any) -> None:
    visits: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visits.append(request.path)
        raise web.HTTPFound("/secret")

    answer = await Outbound(("localhost",)).get(await serve(elsewhere))
    assert answer.status == 302
    assert visits == ["/"]


async def test_a_slow_answer_is_not_waited_for(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.3)

    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1200):  # each byte in time, the whole never
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    url, began = await serve(slowly), time.monotonic()
    with pytest.raises(OutboundError, match="no answer within"):
        await Outbound(("localhost",)).get(url)
    assert time.monotonic() - began < 30, "half of the time that it would take"


@pytest.mark.parametrize("packed", [False, True])
async def test_an_endless_answer_is_not_read(serve: Any, packed: bool) -> None:
    sent = 0

    async def endlessly(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Encoding": "gzip"} if packed else {})
        await response.prepare(request)
        chunk = gzip.compress(bytes(10_000_000)) if packed else b"x" * 65536
        while sent < 50_000_000:
            await response.write(chunk)
            sent += len(chunk)
        return response

    url = await serve(endlessly)
    with pytest.raises(OutboundError, match="larger than"):
        await Outbound(("localhost",)).get(url)
    assert sent < 40 * MAXIMUM_BYTES + 10_000_000


async def test_what_does_not_answer_is_told_in_words_without_the_address() -> None:
    closed = f"http://localhost:{free_port()}/?secret=1"
    for bad, reason in ((closed, "no connection"), ("https://nobody.invalid/?secret=1", "unknown")):
        with pytest.raises(OutboundError, match=reason) as told:
            await Outbound(("localhost",)).get(bad)
        assert "localhost" not in str(told.value) and "secret" not in str(told.value)


async def test_what_is_too_large_to_be_held_comes_piece_by_piece(serve: Any) -> None:
    async def much(request: web.Request) -> web.Response:
        assert request.headers["Accept"] == "text/xml"
        return web.Response(body=b"x" * 300_000, status=200 if request.path == "/" else 404)

    url, out, pieces = await serve(much), Outbound(("localhost",)), list[int]()
    large = Limits(5.0, 300_000)
    assert await out.stream(url, "text/xml", large, lambda piece: pieces.append(len(piece))) == 200
    assert sum(pieces) == 300_000 and max(pieces) <= MAXIMUM_BYTES
    assert (
        await out.stream(f"{url}missing", "text/xml", large, lambda piece: pieces.append(len(piece))) == 404
    )
    assert sum(pieces) == 300_000
    with pytest.raises(OutboundError, match="larger than 299999 bytes"):
        await out.stream(url, "text/xml", Limits(5.0, 299_999), lambda piece: None)
