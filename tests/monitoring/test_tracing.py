"""Spans, sent to a real collector: what a login does step by step, and nothing that anybody must not know."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from idp.config import tracing as settings
from idp.config.load import load
from idp.config.mistake import ConfigurationError
from tests.configuration import SECRET as CLIENT_SECRET
from tests.monitoring.collector import Collector, collecting
from tests.monitoring.conftest import HOLDERS, Watched
from tests.people import ALICE, answer
from tests.protocols.radius.nas import ACCEPT, NAS, SECRET
from tests.relying_party import RelyingParty
from tests.running import Browsers
from tests.server import ROOT, Server, eventually, running

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
CONTEXT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
PROXY = "127.0.0.2"


@dataclass(frozen=True)
class Traced:
    server: Watched
    collector: Collector


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    with collecting() as collector:
        server = Watched(tmp_path_factory.mktemp("traced"))
        server.prepare()
        server.configuration.idp["workers"] = 1
        server.configuration.idp["trusted_proxies"] = [f"{PROXY}/32"]
        server.configuration.idp["tracing"] = {"endpoint": collector.url, "share": 1.0}
        for one in running(server):
            one.add_people()
            yield Traced(server, collector)


def ask(server: Server, address: str, path: str) -> None:
    """From that address, within the trace of whoever speaks there."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, source_address=(address, 0))
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{server.port}", **CONTEXT})
        connection.getresponse().read()
    finally:
        connection.close()


async def test_a_login_is_a_tree_of_steps_without_a_secret(traced: Traced, browsers: Browsers) -> None:
    """THREAT_MODEL.md 33: of what was typed, sent or kept nothing is in a span."""
    collector, party = traced.collector, RelyingParty(browsers(), traced.server.url)
    tokens = await party.login(ALICE)
    await eventually(lambda: collector.named("POST /oidc/token"))
    (token,) = collector.named("POST /oidc/token")
    assert token.attributes["http.response.status_code"] == 200 and token.kind == 2
    assert token.attributes["masugata.tenant"] == "demo"
    await eventually(lambda: len(collector.named("POST /login")) == 2)
    steps = [each for each in collector.spans if "Login.answer" in collector.above(each)]
    (inserted, *_) = [
        each for each in steps if "INSERT INTO audit" in each.attributes.get("db.query.text", "")
    ]
    assert ":reference" in inserted.attributes["db.query.text"]
    assert collector.above(inserted)[:2] == ["Login.answer", "transaction"]
    assert collector.above(inserted)[-1] == "POST /login"
    assert {each.name for each in collector.spans} >= {"Login.begin", "commit", "snapshot", "transaction"}
    digits = next(page.table for page in party.http.seen if page.table)
    cookie = str(party.http.cookie("session"))
    everything = b"".join(collector.raw)
    assert b"POST /oidc/token" in everything
    unsaid = [
        tokens.access_token,
        tokens.id_token,
        cookie,
        CLIENT_SECRET,
        "alice",
        answer(str(ALICE.pattern), digits),
    ]
    assert [each for each in unsaid if each.encode() in everything] == []
    assert b"code_challenge" not in everything and b"?" not in b"".join(
        str(each.attributes.get("http.route")).encode() for each in collector.spans
    )
    assert not any(each.events for each in collector.spans)


async def test_a_trace_begins_at_a_trusted_proxy_and_at_nobody_else(traced: Traced) -> None:
    """A stranger can neither have his requests kept nor tie them to others'."""
    collector = traced.collector
    ask(traced.server, PROXY, "/health/live")
    ask(traced.server, "127.0.0.1", "/health/live")
    await eventually(lambda: len(collector.named("GET /health/live")) == 2)
    believed, own = collector.named("GET /health/live")
    assert (believed.trace, believed.parent) == (TRACE, PARENT)
    assert own.trace != TRACE and own.parent == ""


async def test_an_exchange_of_radius_is_one_trace(traced: Traced) -> None:
    collector, token = traced.collector, HOLDERS["holder3"]
    with NAS(traced.server.radius) as nas:
        code = token.code()
        assert nas.ask(nas.pap("holder3", code)).code == ACCEPT
    await eventually(lambda: collector.named("radius"))
    (exchange,) = collector.named("radius")
    assert exchange.attributes["masugata.outcome"] == "accepted" and exchange.parent == ""
    inside = [each for each in collector.spans if each.trace == exchange.trace]
    assert {"transaction", "commit"} <= {each.name for each in inside}
    everything = b"".join(collector.raw)
    assert code.encode() not in everything and SECRET not in everything and b"holder3" not in everything


async def test_what_nobody_asked_for_is_no_trace(traced: Traced) -> None:
    """The looks for what is due, twice a second and more, would be most of what is kept."""
    roots = {span.name for span in traced.collector.spans if not span.parent}
    assert not roots & {"transaction", "snapshot", "commit", "rollback", "SELECT"}


async def test_a_collector_that_is_gone_costs_no_login(traced: Traced, browsers: Browsers) -> None:
    """The last of these: from here on nobody listens there."""
    traced.collector.close()
    for _ in range(3):
        assert (await RelyingParty(browsers(), traced.server.url).login(ALICE)).access_token


def test_nothing_is_imported_where_it_is_off(tmp_path: Path) -> None:
    """Nor the library of metrics: neither costs memory nor time."""
    server = Server(tmp_path)
    server.write()
    words = (
        f"import sys, pathlib; from idp.app import load; load(pathlib.Path({str(server.config)!r}));"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus_client'))])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("tracing", "words"),
    [
        ("{endpoint: 127.0.0.1}", "must be the address of a collector"),
        ("{endpoint: 'http://collector.example.com/v1/traces'}", "must be https"),
        ("{endpoint: 'https://user:word@collector.example.com/'}", "must be the address of a collector"),
        ("{share: 0}", "share"),
        ("{share: 1.5}", "share"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, tracing: str, words: str) -> None:
    (tmp_path / "idp.yaml").write_text(f"\ntracing: {tracing}\n")
    with pytest.raises(ConfigurationError) as told:
        load(tmp_path)
    assert any("idp.yaml:2" in str(each) and words in str(each) for each in told.value.mistakes)


def test_it_is_refused_where_the_extra_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = ModuleNotFoundError("No module named 'opentelemetry'")

    def find(name: str) -> object:
        if name.startswith("opentelemetry"):
            raise missing
        return find_spec(name)

    monkeypatch.setattr(settings, "find_spec", find)
    (tmp_path / "idp.yaml").write_text("tracing: {share: 0.1}\n")
    with pytest.raises(ConfigurationError) as told:
        load(tmp_path)
    assert any("idp.yaml:1" in str(each) and "masugata[tracing]" in str(each) for each in told.value.mistakes)
