"""The audit log of a server that runs: linked as it goes, and whole after a power cut."""

from __future__ import annotations

import json

import pytest

from tests.people import ALICE
from tests.running import Browsers, MakeServer
from tests.server import eventually

pytestmark = pytest.mark.both_stores


async def test_the_log_of_a_server_is_whole_and_stays_so_when_it_is_killed(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged; the chain has no gap."""
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.configuration.idp["audit_anchor"] = "../var/anchor"
    server.start()
    server.add_people()
    browser = browsers()
    await browser.login(f"{server.url}/", ALICE, stop="https://")

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
