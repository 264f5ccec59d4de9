"""What is asked of the database, on both; and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from idp import background
from idp.background import died
from idp.custody.signing import Signing
from idp.monitoring import inspection as inspections
from idp.monitoring import table
from idp.monitoring.exposition import Report, samples_of
from idp.monitoring.inspection import Inspection
from idp.monitoring.node import Node
from idp.monitoring.parts import STALLED
from idp.monitoring.survey import Surveyor
from idp.web.admission import Admission
from storage import Storage, StorageError
from storage.deliveries import Undelivered
from storage.mails import Backlog
from tests.chain.conftest import NOW, House, house, new_house
from tests.storage.examples import DELIVERY, MAIL, SESSION

__all__ = ["house", "new_house"]


async def test_queues_keys_sessions_and_the_log(house: House) -> None:
    tenant, store = house.tenant, house.store
    await Signing(tenant.vault).prepare(store, NOW)
    async with store.transaction(tenant.name) as tx:
        await tx.sessions.add(replace(SESSION, user_id="u-1", expires_at=NOW + 1))
        await tx.sessions.add(replace(SESSION, id_hash=b"over", sid="s2", user_id="u-1", expires_at=NOW))
        await tx.mails.add(replace(MAIL, created_at=NOW - 7))
        await tx.mails.add(replace(MAIL, id="m2"))
        await tx.mails.bury("m2", NOW, "refused")
        await tx.deliveries.add(replace(DELIVERY, created_at=NOW - 9))
    await house.write("key.rotated", "key.retired", user_id=None)
    assert await house.link() == 2
    await house.write("key.deleted", user_id=None)
    surveyor = Surveyor(tenant)
    standing = await surveyor.look(store, NOW)
    assert (standing.sessions, standing.linked, standing.unlinked) == (1, 2, 1)
    assert standing.unlinked_since == NOW
    assert standing.mails == Backlog(1, NOW - 7, 1)
    assert standing.deliveries == Undelivered(1, NOW - 9)
    assert {(key.alg, key.state) for key in standing.keys} >= {("RS256", "active"), ("ES256", "next")}
    assert standing.unsealable == ""
    async with house.tampering() as tx:
        await tx.connection.query("UPDATE signing_keys SET sealed = data_keys.wrapped FROM data_keys")
        assert await surveyor._unsealable(tx) == "signing keys"


class Broken:
    """A database that stops answering; how often it was asked."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.asked = 0
        self.is_broken = False

    async def check(self) -> None:
        self.asked += 1
        if self.is_broken:
            raise StorageError("gone")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


async def test_many_who_ask_share_one_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often health is asked for, the database is asked once a second."""
    broken = Broken(house.store)
    provider = replace(house.provider, storage=broken)
    node = Node("one", 1, NOW, Admission(64, 0.1).load)
    inspection = Inspection(provider, node, ("oidc",))
    found = await asyncio.gather(*(inspection.look() for _ in range(50)))
    assert broken.asked == 1 and all(each.is_well for each in found)
    assert found[0].parts.states["storage"] == "ok" and found[0].parts.states["workers"] == "ok"
    broken.is_broken = True
    monkeypatch.setattr(inspection._check, "_seconds", -1.0)
    gone = await inspection.look()
    assert not gone.is_well and gone.parts.states["storage"] == "failed"
    assert gone.standings == found[0].standings, "what was known is still told"


async def test_a_survey_that_takes_too_long_keeps_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "CHECK_SECONDS", 0.2)
    inspection = Inspection(house.provider, Node("one", 1, NOW, Admission(64, 0.1).load), ())
    forever = asyncio.Event()

    async def survey() -> Any:
        await forever.wait()
        return ()

    monkeypatch.setattr(inspection._survey, "_work", survey)
    found = await inspection.look()
    assert found.is_well and found.standings == ()
    forever.set()


@asynccontextmanager
async def failing(error: Exception) -> AsyncIterator[None]:
    async def work() -> None:
        raise error

    async with background.running(work(), asyncio.sleep(60)):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        yield


async def test_work_that_died_is_told_as_long_as_it_is_missed(house: House) -> None:
    inspection = Inspection(house.provider, Node("one", 1, NOW, Admission(64, 0.1).load), ())
    async with failing(ZeroDivisionError()):
        assert [name.rpartition(".")[2] for name in died()] == ["work"]
        found = await inspection.look()
        assert found.parts.states["background"] == "failed"
    assert died() == ()


async def test_a_clock_that_most_others_do_not_share_takes_a_node_out_and_one_that_only_differs_does_not(
    house: House,
) -> None:
    node = Node("one", 1, NOW, Admission(64, 0.1).load)
    node.follow(house.provider)
    inspection = Inspection(house.provider, node, ())
    for source, is_fit in (("clock", True), ("clock/outvoted", False)):
        house.provider.notices[source] = ["it differs"]
        found = await inspection.look(anew=True)
        assert (found.is_well, found.is_fit) == (True, is_fit)


async def test_a_database_that_keeps_nothing_from_anybody_is_told_of_and_takes_no_node_out(
    house: House,
) -> None:
    """All nodes share it: a balancer that took all of them out would end what reading still does."""
    node = Node("one", 1, NOW, Admission(64, 0.1).load)
    node.follow(house.provider)
    inspection = Inspection(house.provider, node, ())
    house.provider.notices[STALLED] = ("bring the standby back",)
    found = await inspection.look(anew=True)
    assert (found.is_well, found.is_fit) == (True, True)
    assert (found.parts.states["storage"], found.parts.reasons) == (
        "failed",
        {"storage": ["bring the standby back"]},
    )
    report = Report(found.seats, found.standings, found.certificates, found.parts, 0, ("", "", ""), NOW)
    assert samples_of(report)[table.STALLED.name] == {(): 1}
    house.provider.notices[STALLED] = ()
    assert (await inspection.look(anew=True)).parts.states["storage"] == "ok"


async def test_it_is_said_how_busy_the_database_is(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.mails.add(MAIL)
    figures: Mapping[str, int] = store.figures()
    if "flushes" in figures:
        assert figures["flushes"] >= 1 and figures["waiting"] == 0
    else:
        assert 1 <= figures["connections"] >= figures["idle"]
