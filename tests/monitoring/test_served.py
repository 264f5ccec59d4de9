"""The listener for monitoring of a node with two workers: what it tells, to whom, and that sums never fall."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from urllib.request import Request, urlopen

import pytest

from idp.web.monitor import MOST
from tests.monitoring.conftest import AUTHORITY_DAYS, HOLDERS, OWN_DAYS, Scrape, Watched
from tests.people import ALICE, CAROL, wrong_answer
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers
from tests.server import eventually

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
TOLD = {"status", "storage", "shedding", "configuration", "revision", "doors", "notices", "parts"}


async def settled(server: Watched, before: Scrape, name: str, more: float, **labels: str) -> Scrape:
    """What is told once it has risen by so much: the other worker lays down its own within a second."""
    found: list[Scrape] = []

    def has_risen() -> bool:
        found[:] = [server.scrape()]
        return found[0](name, **labels) - before(name, **labels) >= more

    await eventually(has_risen)
    return found[0]


def test_of_certificates_in_files_the_first_is_told_of_that_will_end(watched: Watched) -> None:
    """A listener's whole chain counts; of authorities one may have ended long ago."""
    told, now = watched.scrape(), time.time()
    for tenant, purpose, days in (
        ("", "radsec", OWN_DAYS),
        ("", "radsec authorities", AUTHORITY_DAYS[0]),
        ("demo", "mail", AUTHORITY_DAYS[0]),
    ):
        ends_at = told("certificate_expiry_timestamp_seconds", tenant=tenant, purpose=purpose)
        assert round((ends_at - now) / 86400) == days, purpose


async def test_a_login_is_counted_once_by_door_outcome_and_rule(watched: Watched, browsers: Browsers) -> None:
    before, party = watched.scrape(), RelyingParty(browsers(), watched.url)
    await party.login(ALICE)
    counted = (
        ("logins_total", {"tenant": "demo", "door": "oidc", "outcome": "accepted", "rule": "staff"}),
        ("proofs_total", {"tenant": "demo", "authenticator": "matrix", "outcome": "accepted"}),
        ("challenges_total", {"tenant": "demo", "door": "oidc", "authenticator": "matrix"}),
        ("events_total", {"tenant": "demo", "event": "grant.redeemed"}),
        ("http_request_duration_seconds_count", {"route": "/oidc/token", "method": "POST", "status": "200"}),
    )
    for name, labels in counted:
        await settled(watched, before, name, 1, **labels)
    after = watched.scrape()
    assert [after(name, **labels) - before(name, **labels) for name, labels in counted] == [1] * len(counted)
    await settled(watched, before, "sessions", 1, tenant="demo")


async def test_denied_and_wrong_are_told_apart(watched: Watched, browsers: Browsers) -> None:
    before = watched.scrape()
    denied = await RelyingParty(browsers(), watched.url).begin()
    browser = browsers()
    await browser.login(denied.url, CAROL, CALLBACK)
    browser = browsers()
    page = await browser.answer(await browser.get(f"{watched.url}/"), "alice")
    await browser.answer(page, wrong_answer(str(ALICE.pattern), page.table or []))
    after = await settled(watched, before, "logins_total", 1, outcome="denied", rule="everyone else")
    after = await settled(watched, before, "proofs_total", 1, authenticator="matrix", outcome="refused")
    assert after("logins_total", outcome="accepted") == before("logins_total", outcome="accepted")


async def test_requests_are_told_by_route_never_by_what_was_asked_for(
    watched: Watched, browsers: Browsers
) -> None:
    """Whoever asks for a thousand addresses makes no thousand series, and no name becomes a label."""
    before = watched.scrape()
    browser = browsers()
    for number in range(20):
        await browser.get(f"{watched.url}/nowhere/{number}")
        await browser.get(f"{watched.url}/static/{number}/alice.js")
    name = "http_request_duration_seconds_count"
    after = await settled(watched, before, name, 20, route="other", status="404")
    await settled(watched, before, name, 20, route="/static/{version}/{name}", status="404")
    assert not {route for route in after.labels(name, "route") if "nowhere" in route or "alice" in route}
    told = watched.asked("/metrics")[1]
    assert "alice" not in told and "holder" not in told and "hanako" not in told


async def test_radius_is_told_by_nas_and_outcome(watched: Watched) -> None:
    before = watched.scrape()
    with NAS(watched.radius) as nas, NAS(watched.radius, "127.0.0.9") as stranger:
        packet = nas.pap("holder0", HOLDERS["holder0"].code())
        assert nas.ask(packet).code == ACCEPT
        assert nas.ask(packet).code == ACCEPT  # heard before
        assert nas.ask(nas.pap("holder0", "000000")).code == REJECT
        nas.socket.send(nas.pap("holder0", "123456", signed=False))
        stranger.socket.send(stranger.pap("holder0", "123456"))
        stranger.socket.send(b"\1" * 30)
        nas.socket.send(b"\1\1\0\5\1")
    answered = "radius_request_duration_seconds_count"
    for name, more, labels in (
        (answered, 1, {"service": "vpn", "outcome": "accepted"}),
        (answered, 1, {"service": "vpn", "outcome": "rejected"}),
        ("radius_repeated_total", 1, {"service": "vpn"}),
        ("radius_dropped_total", 1, {"service": "vpn", "reason": "no Message-Authenticator"}),
        ("radius_dropped_total", 1, {"service": "vpn", "reason": "malformed"}),
        ("radius_dropped_total", 2, {"service": "", "reason": "stranger"}),
        ("logins_total", 1, {"door": "radius", "outcome": "accepted", "rule": "codes"}),
    ):
        after = await settled(watched, before, name, more, **labels)
        assert after(name, **labels) - before(name, **labels) == more


async def test_health_tells_each_part_and_its_reasons_at_the_own_listener_only(watched: Watched) -> None:
    """A stranger at the pages learns states, and no more about tenants and services than before."""
    await eventually(lambda: watched.ready()["parts"]["workers"] == "ok")
    told = watched.ready()
    assert told["status"] == "ready" and told.keys() == TOLD | {"reasons"}
    doors = {"door oidc": "ok", "door radius": "ok"}
    assert doors.items() <= told["parts"].items() and told["parts"]["storage"] == "ok"
    assert watched.health()[1].keys() == TOLD
    assert watched.asked("/health/live")[0] == 200
    assert watched.cli("health") == "ready\n"
    assert json.loads(watched.cli("health", "--json"))["parts"]["mail"] == "ok"


@pytest.mark.parametrize("path", ["/metrics", "/health/../metrics", "/metrics/"])
def test_metrics_are_not_served_where_people_sign_in(watched: Watched, path: str) -> None:
    """Nor is anything else at the listener for monitoring."""
    status, body = watched.asked(path, watched.port)
    assert status >= 400 and "masugata_" not in body
    assert watched.asked("/")[0] == 404 and watched.asked("/login")[0] == 404


async def test_sums_do_not_fall_when_workers_die_and_are_replaced(watched: Watched) -> None:
    """A worker killed, then a reload: who comes sits down where the dead sat, and the gauges are of the living."""
    await eventually(lambda: watched.ready()["parts"]["workers"] == "ok")
    with NAS(watched.radius) as nas:
        assert nas.ask(nas.pap("holder1", HOLDERS["holder1"].code())).code == ACCEPT
    await eventually(lambda: watched.scrape()("logins_total", door="radius", rule="codes") >= 1)
    before = watched.scrape()
    victim = watched.pids[1]
    os.kill(victim, signal.SIGKILL)
    await eventually(lambda: victim not in watched.pids and len(watched.pids) == 3)
    await eventually(lambda: watched.scrape()("workers") == 2)
    names = ("logins_total", "proofs_total", "storage_commit_duration_seconds_count")
    killed = watched.scrape()
    assert all(killed(name) >= before(name) for name in names)
    older = set(watched.pids[1:])
    watched.reload()
    await eventually(lambda: not older & set(watched.pids))
    await eventually(lambda: watched.scrape()("workers") == 2)
    reloaded = watched.scrape()
    assert all(reloaded(name) >= killed(name) for name in names)
    assert len(reloaded.labels("worker_resident_memory_bytes", "worker")) == 2
    assert reloaded("build_info") == 1 and reloaded("configuration_revision") == 0


def test_it_is_what_prometheus_reads(watched: Watched) -> None:
    scrape = watched.scrape()
    assert scrape.types["masugata_logins"] == "counter"
    assert scrape.types["masugata_http_request_duration_seconds"] == "histogram"
    assert scrape("part_state") == 0
    assert scrape("signing_key_changed_timestamp_seconds", state="active") > 1.6e9


async def test_it_is_switched_off_and_on_again_by_a_reload(watched: Watched) -> None:
    """The last of these. Sums go on: where they lie goes with the server, not with a configuration."""
    before = watched.scrape()
    listen = watched.configuration.idp["listen"]
    address = listen.pop("monitoring")
    older = set(watched.pids[1:])
    watched.reload()
    await eventually(lambda: not older & set(watched.pids))
    with pytest.raises(OSError, match="refused"):
        watched.asked("/metrics")
    assert watched.is_ready()
    listen["monitoring"] = address
    watched.reload()
    await eventually(watched.is_watched)
    assert watched.scrape()("logins_total") >= before("logins_total")


def test_metrics_as_openmetrics_where_that_is_asked_for(watched: Watched) -> None:
    asked = Request(f"http://127.0.0.1:{watched.monitoring}/metrics", headers={"Accept": OPENMETRICS})
    with urlopen(asked) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert "Server" not in answer.headers
        assert answer.read().endswith(b"# EOF\n")


async def test_connections_that_nobody_uses_end_here_too(watched: Watched) -> None:
    """Whoever reaches the listener could take the descriptors of those who sign in."""
    with contextlib.ExitStack() as held:
        opened: list[socket.socket] = []
        for _ in range(2 * MOST + 1):  # of two workers, one has too many
            one = held.enter_context(socket.create_connection(("127.0.0.1", watched.monitoring), timeout=60))
            one.setblocking(False)
            opened.append(one)
        await eventually(lambda: any(map(has_ended, opened)))
    assert watched.asked("/health/live")[0] == 200


def has_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
