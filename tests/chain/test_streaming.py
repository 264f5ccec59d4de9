"""Every record goes on to whoever is to have it: to a collector over TLS, TCP and UDP, and to an address of the web."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from idp.chain.streaming import FIRST_RETRY_SECONDS, LEASE_SECONDS, Receiver, Stream
from idp.chain.syslog import Syslog, message
from idp.config.audit import SyslogSettings, WebhookSettings
from idp.web.outbound import Outbound, OutboundError
from idp.web.webhook import Webhook
from keys.secret import Secret
from tests.certificates import issue
from tests.chain.conftest import House

SECRET = "a secret of twenty-six byte"
PATIENCE_SECONDS = 60
HOST = "batch.example.com"  # for which certificates of the tests are made out
HEADER = re.compile(rb"<(10[89])>1 \S+ (\S+) masugata acme (\S+) - \{")


class Collector(asyncio.DatagramProtocol):
    """Takes messages as RFC 5425 §4.3 frames them, or datagrams."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self._came = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while length := await reader.readuntil(b" "):
                self._take(await reader.readexactly(int(length)))
        except asyncio.IncompleteReadError:
            writer.close()

    def datagram_received(self, data: bytes, _: Any) -> None:
        self._take(data)

    def _take(self, data: bytes) -> None:
        self.messages.append(data)
        self._came.set()

    async def came(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._came.wait()

    @property
    def seqs(self) -> list[int]:
        return [json.loads(each[each.index(b"{") :])["seq"] for each in self.messages]


@asynccontextmanager
async def listening(talk: Any, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def outbound(*allow: str) -> Outbound:
    return Outbound(allow, is_demo=True)


def stream(house: House, receiver: Receiver) -> Stream:
    return Stream(house.provider, house.tenant, "siem", receiver)


@pytest.fixture
def local_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name means this machine."""

    async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


async def test_a_collector_is_sent_every_record_over_tls(
    house: House, tmp_path: Path, local_names: None
) -> None:
    """THREAT_MODEL.md 31: What left this machine cannot be cut here; only a collector that proves itself gets it."""
    authority = issue("CN=Authority", is_authority=True)
    server = issue("CN=siem", authority)
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "server.pem").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    collector = Collector()
    async with listening(collector.talk, context) as port:
        settings = SyslogSettings(host=HOST, port=port)
        trusting = settings.model_copy(update={"ca_file": str(tmp_path / "ca.pem")})
        siem = stream(house, Syslog(trusting, outbound(HOST), "acme", "node 1"))
        await siem.send_due()  # a stream begins with what comes after it was set up
        await house.write("login.accepted", agent="Firefox\n<8>1 forged")
        await house.write("login.denied")
        await house.link()
        await siem.send_due()
        await collector.came()
        with pytest.raises(OutboundError, match="certificate is not valid"):
            await Syslog(settings, outbound(HOST), "acme", "node").send(
                [{"seq": 1, "time": "t", "event": "e"}]
            )
        with pytest.raises(OutboundError, match="private address"):
            await Syslog(trusting, outbound(), "acme", "node").send([{"seq": 1, "time": "t", "event": "e"}])
    assert collector.seqs == [1, 2]
    accepted, denied = (HEADER.match(each) for each in collector.messages)
    assert accepted and accepted.groups() == (b"109", b"node?1", b"login.accepted")
    assert denied and denied.groups() == (b"108", b"node?1", b"login.denied")
    assert b"\n" not in collector.messages[0] and b'"user":"alice"' in collector.messages[0]


async def test_plain_transports_carry_the_same() -> None:
    told = {"seq": 1, "time": "2027-01-15T17:00:00+09:00", "event": "login.accepted"}
    collector = Collector()
    async with listening(collector.talk) as port:
        await Syslog(
            SyslogSettings(host="127.0.0.1", port=port, transport="tcp"), outbound(), "acme", "n"
        ).send([told])
        await collector.came()
    datagrams = Collector()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: datagrams, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    settings = SyslogSettings(host="127.0.0.1", port=port, transport="udp")
    await Syslog(settings, outbound(), "acme", "n").send([told])
    await datagrams.came()
    transport.close()
    assert collector.messages == datagrams.messages == [message(told, "acme", "n")]


@pytest.fixture
async def hook() -> AsyncIterator[
    Callable[[Callable[[web.Request], Awaitable[web.Response]]], Awaitable[str]]
]:
    """A receiver of somebody else on this machine; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.Response]]) -> str:
        app = web.Application()
        app.router.add_post("/audit", handler)
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        site = web.TCPSite(runners[-1], "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runners[-1].addresses[0][1]}/audit"

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_a_webhook_is_signed_and_sent_again_until_it_is_taken(house: House, hook: Any) -> None:
    """At least once and in order; what is sent again has the same id, and a pause that grows stands before it."""
    seen: list[tuple[str, list[int]]] = []
    answers = [500, 302, 200, 204]

    async def take(request: web.Request) -> web.Response:
        body, given = await request.read(), request.headers
        signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
        assert given["webhook-signature"] == f"v1,{right}" and given["Content-Type"] == "application/json"
        assert given["webhook-timestamp"] == str(house.now)
        seen.append((given["webhook-id"], [each["seq"] for each in json.loads(body)["records"]]))
        return web.Response(status=answers[len(seen) - 1])

    settings = WebhookSettings(url=await hook(take), secret=Secret(SECRET))
    siem = stream(house, Webhook(settings, outbound(), "acme", lambda: house.now))
    await siem.send_due()
    await house.write("login.accepted", "session.ended")
    await house.link()
    await siem.send_due()
    await siem.send_due()  # rests
    assert house.provider.notices["stream/acme/siem"] == [
        "acme: the stream siem of the audit log does not get through: it answered 500"
    ]
    house.now += FIRST_RETRY_SECONDS
    await siem.send_due()
    house.now += FIRST_RETRY_SECONDS
    await siem.send_due()  # rests for longer
    assert len(seen) == 2
    house.now += FIRST_RETRY_SECONDS * 2
    await siem.send_due()
    await house.write("login.accepted")
    await house.link()
    await siem.send_due()
    assert seen == [("acme-1-2", [1, 2])] * 3 + [("acme-3-3", [3])]
    await siem.send_due()
    assert house.provider.notices["stream/acme/siem"] == []


async def test_one_node_sends_and_another_goes_on_where_it_stopped(house: House) -> None:
    class Notebook:
        def __init__(self) -> None:
            self.seqs: list[int] = []

        async def send(self, records: Any) -> None:
            self.seqs += [each["seq"] for each in records]

    books = Notebook(), Notebook()
    first, second = (stream(house, each) for each in books)
    await first.send_due()
    await house.write("login.accepted", "session.ended")
    await house.link()
    await second.send_due()
    await first.send_due()
    house.now += LEASE_SECONDS
    await house.write("login.accepted")
    await house.link()
    await second.send_due()
    assert [each.seqs for each in books] == [[1, 2], [3]]


async def test_what_retention_took_before_it_was_sent_is_told(house: House) -> None:
    """A collector that was away for longer than records are kept gets the rest, and the log says what it missed."""

    class Away:
        async def send(self, records: Any) -> None:
            assert [each["seq"] for each in records] in ([3], [4])

    siem = stream(house, Away())
    await siem.send_due()
    await house.write("login.accepted", "login.accepted", "login.accepted")
    await house.link()
    async with house.store.transaction("acme") as tx:
        await tx.audit_chain.delete(2, 9)
    await siem.send_due()
    async with house.store.snapshot("acme") as tx:
        (told, *_) = await tx.audit.list()
    assert (told.event, told.details) == ("audit.skipped", {"stream": "siem", "first_seq": 1, "last_seq": 2})
