"""The audit log of a server that runs: linked as it goes, and whole after a power cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.people import ALICE
from tests.running import Browsers, MakeServer
from tests.server import eventually

pytestmark = pytest.mark.both_stores


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Somebody who is sent every record: his address, and what he got."""
    got: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        got.extend((await request.json())["records"])
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/audit", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/audit", got
    finally:
        await runner.cleanup()


async def test_the_log_of_a_server_is_whole_and_stays_so_when_it_is_killed(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged; the chain has no gap."""
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.configuration.idp["audit_anchor"] = "../var/anchor"
    async with receiver() as (url, got):
        hook = {"webhook": {"url": url, "secret": "what-signs-each-request-here"}}
        server.tenant.settings |= {"demo": True, "audit": {"streams": {"hook": hook}}}
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.add_people)
        await browsers().login(f"{server.url}/", ALICE, stop="https://")
        await eventually(lambda: any(each["event"] == "login.accepted" for each in got))
    assert [each["seq"] for each in got] == list(range(got[0]["seq"], got[-1]["seq"] + 1))

    def events() -> list[str]:
        return [record["event"] for record in server.audit()]

    assert "login.accepted" in events()
    server.stop(kill=True)
    recorded = len(events())
    server.start()
    words = (f"whole: records 1 to {recorded}\n",)
    await eventually(lambda: server.cli("audit", "verify", "--tenant", "demo") in words)
    anchor = server.folder / "var" / "anchor"
    await eventually(anchor.exists)
    file = server.folder / "log.jsonl"
    server.cli("audit", "export", "--tenant", "demo", "--out", str(file))
    keys = server.folder / "keys.json"
    keys.write_text(server.cli("audit", "key", "--tenant", "demo"))
    proof = ("audit", "verify", str(file), "--keys", str(keys), "--anchor", str(anchor))
    assert server.cli(*proof) in words
    accepted = [json.loads(line) for line in file.read_text().splitlines() if '"login.accepted"' in line]
    assert [record["user"] for record in accepted] == ["alice"] and accepted[0]["address"] == "127.0.0.1"
