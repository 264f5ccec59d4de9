"""`idp radius nas`: what an administrator learns of his NASes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import storage
from idp.login import Login
from idp.monitoring import table as metrics
from idp.monitoring.meter import Meter
from idp.provider import IdentityProvider
from protocols.radius.commands import UNKNOWN, counted
from protocols.radius.tally import Tally
from tests.protocols.radius.conftest import VPN, MakeNAS
from tests.protocols.radius.nas import CHALLENGE, SECRET
from tests.server import eventually

NOW = 1_800_000_000


def report(vpn: VPN) -> dict[str, dict[str, Any]]:
    """By service."""
    shown = json.loads(vpn.cli("radius", "nas", "--tenant", "demo", "--since", "1h", "--json"))
    return {row["service"]: row for row in shown}


async def test_who_cannot_sign_and_what_was_dropped(vpn: VPN, make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 26: per-NAS report of who cannot."""
    before = report(vpn)
    excepted, strict = make_nas("127.0.0.3"), make_nas("127.0.0.2")
    forger = make_nas("127.0.0.2", b"a guess at " + SECRET)
    for _ in range(3):
        assert excepted.ask(excepted.pap("anna", "", signed=False)).code == CHALLENGE
    strict.send(strict.pap("anna", "", signed=False))
    for _ in range(2):
        forger.send(forger.pap("anna", ""))
    assert strict.ask(strict.pap("anna", "anything")).code, "and so what was sent before was read"
    vpn.signal_reload()  # the worker that goes writes its counts down
    await eventually(lambda: report(vpn)["old"]["unsigned_answered"] >= 3)
    after = report(vpn)
    old, plain = after["old"], after["plain"]
    assert (old["message_authenticator"], plain["message_authenticator"]) == ("optional", "required")
    assert (plain["unsigned_answered"], plain["unsigned_dropped"]) == (
        0,
        before["plain"]["unsigned_dropped"] + 1,
    )
    assert plain["dropped"] == before["plain"]["dropped"] + 3
    assert plain["reasons"]["wrong Message-Authenticator: another secret, or changed on the way"] == 2
    assert (old["from"], plain["from"]) == ("127.0.0.3", "127.0.0.2")
    assert after["six"]["from"] in (None, "::1")
    assert "(unknown)" not in after, "two tenants have NASes"


@pytest.mark.parametrize("owner", ["demo", None])
async def test_strangers_are_the_tenants_that_has_all_nases(owner: str | None, tmp_path: Path) -> None:
    """One audit event a minute, however many packets and addresses."""
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    tally = Tally(owner, meter := Meter())
    for number in range(5000):
        tally.stranger(f"192.0.2.{number % 200}" if number % 2 else f"2001:db8::{number:x}")
    assert meter.counts == {(metrics.DROPPED.name, owner or "", "", "stranger"): 5000}, (
        "no address is a label"
    )
    await tally.settle(IdentityProvider({}, store, Login(), lambda: NOW))
    await tally.settle(IdentityProvider({}, store, Login(), lambda: NOW + 60))
    async with store.snapshot("demo") as tx:
        found = await tx.audit.list(event="radius.strangers")
        counts = await counted(tx, NOW)
    await store.close()
    assert len(found) == (1 if owner else 0)
    assert all(len(each.details["addresses"]) <= 10 for each in found), "a line, not a list of all"
    assert counts[UNKNOWN].dropped.total() == (5000 if owner else 0), "all are counted all the same"
