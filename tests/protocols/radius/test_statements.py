"""What a request asks of the database, statement by statement: each costs as much as the rest of a small method."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp
import pytest

import storage
from idp.authenticators import table
from idp.config.tenant import TenantSettings
from idp.login import Login
from idp.policy import Require, Rule
from idp.provider import IdentityProvider
from idp.tenant import Service, Tenant
from keys.seal import Vault
from keys.secret import Secret
from protocols.radius.answering import Answering
from protocols.radius.clients import NAS
from protocols.radius.packet import Code, decode
from protocols.radius.settings import ServiceSettings
from storage import Storage
from storage.person_keys import owner_of
from storage.records import User
from storage.sqlite import SQLiteJournal
from tests.protocols.radius import nas
from tests.protocols.radius.nas import SECRET

NOW, HOUR = 1_800_000_000, 3600
TOKEN = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
READ = ["SELECT users", "SELECT credentials"]


def asked(statement: str) -> str:
    """Its verb and its table."""
    words = statement.replace("INSERT INTO", "INSERT").replace("DELETE FROM", "DELETE").split()
    return f"{words[0]} {words[words.index('FROM') + 1 if words[0] == 'SELECT' else 1]}"


async def opened(folder: Path, store: Storage) -> tuple[Answering, NAS]:
    """A tenant whose one NAS asks everybody for a code."""
    (folder / "secret").write_bytes(SECRET)
    settings = TenantSettings(tenant="demo", base_url="https://idp.example.com", display_name={"en": "demo"})
    section = {"networks": ["127.0.0.1/32"], "secret": {"file": str(folder / "secret")}}
    vpn = ServiceSettings.model_validate(section)
    vault = Vault("demo", {1: os.urandom(32)})
    authenticators = table.open_authenticators({"totp": table.find("totp").Settings()}, vault)
    services = {"vpn": Service("vpn", {"en": "vpn"}, {"radius": vpn})}
    rules = (Rule("codes", Require("codes", ("totp",))),)
    demo = Tenant("demo", settings, services, rules, authenticators, vault, ZoneInfo("UTC"), b"k" * 32)
    alice = User("id-alice", "alice", NOW)
    async with store.transaction("demo") as tx:
        await tx.users.add(alice)
        await tx.credentials.add(authenticators["totp"].enrol(alice, {"secret": Secret(TOKEN)}, NOW))
        for user_id in ("id-alice", None):  # something was written of her before, and today
            await tx.person_keys.find_or_add(owner_of(user_id, NOW), NOW - HOUR)
    provider = IdentityProvider({"demo": demo}, store, Login(), lambda: NOW)
    return Answering(provider), NAS(demo, "vpn", vpn)


@pytest.mark.parametrize(
    ("before", "name", "right", "then"),
    [
        ("somebody", "alice", False, ["INSERT audit"]),
        ("somebody", "nobody", False, ["INSERT audit"]),
        ("somebody", "alice", True, ["UPDATE credentials", "DELETE budgets", "INSERT audit"]),
        ("alice", "alice", True, ["UPDATE credentials", "UPDATE budgets", "DELETE budgets", "INSERT audit"]),
    ],
    ids=["wrong", "nobody", "right", "right after a wrong one"],
)
async def test_a_code(
    before: str, name: str, right: bool, then: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`before` gave a wrong one a moment ago."""
    store = await storage.open(f"sqlite:{tmp_path / 'masugata.db'}")
    await store.migrate()
    answering, known = await opened(tmp_path, store)
    with nas.NAS(9) as client:
        typed = pyotp.TOTP(TOKEN).at(NOW) if right else "000000"
        packets = [decode(client.pap(before, "000000")), decode(client.pap(name, typed))]
    await answering.answer(known, packets[0], "127.0.0.1", Code.ACCESS_REQUEST)
    seen: list[str] = []

    def spied(verb: Callable[..., object]) -> Callable[..., object]:
        def spy(journal: SQLiteJournal, statement: str, values: object = ()) -> object:
            seen.append(statement)
            return verb(journal, statement, values)

        return spy

    for name_of_verb in ("run", "count"):
        monkeypatch.setattr(SQLiteJournal, name_of_verb, spied(getattr(SQLiteJournal, name_of_verb)))
    reply = await answering.answer(known, packets[1], "127.0.0.1", Code.ACCESS_REQUEST)
    await store.close()
    assert reply is not None
    assert reply[0] == (nas.ACCEPT if right else nas.REJECT)
    counted = ["INSERT budgets"] * (2 if before == name else 1)  # the first is for whoever has given none
    assert [asked(statement) for statement in seen] == [READ[0], *counted, READ[1], *then]
