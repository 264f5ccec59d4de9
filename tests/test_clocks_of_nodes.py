"""What one node with a wrong clock may do to the others: the database has a clock too."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from idp import sweeping, timekeeping
from idp.leaps import look
from idp.login import Login
from idp.monitoring.parts import judge
from idp.provider import IdentityProvider
from idp.timekeeping import Reading, comparing
from storage import Storage
from storage.clock import SKEW_SECONDS
from tests.postgres import postgres_store
from tests.server import eventually
from tests.storage.examples import SESSION, USER

__all__ = ["postgres_store"]

HOUR, NOW = 3600, 1_800_000_000


async def asked(store: Storage, now: int) -> Sequence[str]:
    """What a sweep is told by a node that shows this time, and has not leapt."""
    return await look(store, ["acme"], now, await store.time(), has_leapt=False)


async def test_a_node_that_is_behind_ends_nothing_that_others_made(store: Storage) -> None:
    """It would take the others for a clock that was ahead and was set back, once a minute."""
    now = int(time.time())
    assert not await asked(store, now)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(replace(SESSION, created_at=now, seen_at=now, expires_at=now + HOUR))
        await tx.budgets.spend("anna", 5, HOUR, now)
    doubts = await asked(store, now - 2 * SKEW_SECONDS)
    assert "behind the database's" in doubts[0]
    async with store.snapshot("acme") as tx:
        assert await tx.sessions.find(SESSION.id_hash, now) is not None
        budget = await tx.budgets.find("anna")
        assert budget is not None and budget.until == now + HOUR
    assert not await asked(store, now)


async def test_a_node_that_is_ahead_sweeps_nothing_though_it_never_leapt(store: Storage) -> None:
    """By less than a day, it would be believed at once: what the others need for hours yet would go."""
    now = int(time.time())
    assert not await asked(store, now)
    for ahead in (now + 20 * HOUR, now + 20 * HOUR + 60):
        assert await asked(store, ahead)
    assert not await asked(store, now)


async def test_who_compares_and_who_sweeps_do_not_silence_each_other(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look every minute or so, and health says what either of them found."""
    looks = {sweeping: 0, timekeeping: 0}
    for room in looks:
        for pause in ("FIRST_SECONDS", "SECONDS"):
            monkeypatch.setattr(room, pause, 0.01)

    async def counted(provider: IdentityProvider) -> Reading | None:
        looks[timekeeping] += 1
        return await theirs(provider)

    async def counted_too(*given: Any, **named: Any) -> Any:
        looks[sweeping] += 1
        return await look(*given, **named)

    theirs = timekeeping.read
    monkeypatch.setattr(timekeeping, "read", counted)
    monkeypatch.setattr(sweeping, "look", counted_too)
    provider = IdentityProvider({}, store, Login(), lambda: int(time.time()) - 20 * HOUR)
    async with sweeping.sweeping(provider), timekeeping.comparing(provider, "one"):
        for _ in range(3):  # whoever was last
            before = dict(looks)
            await eventually(lambda before=before: all(looks[each] > before[each] + 1 for each in looks))
            said = {name: list(words) for name, words in provider.notices.items()}
            live = {"doors": {}, "directories": {}, "died": [], "notices": said}
            found = " ".join(judge((), 1, [live], [], 0).reasons["clock"])
            assert "deletes nothing" in found and "see which of the two is wrong" in found


async def test_of_three_nodes_the_one_whose_clock_is_wrong_is_not_ready(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is set right; and if the database's own clock is off, all of them go on."""
    for pause in ("FIRST_SECONDS", "SECONDS"):
        monkeypatch.setattr(timekeeping, pause, 0.02)
    ahead = {"a": 0, "b": 0, "c": 200}

    def node(name: str) -> IdentityProvider:
        return IdentityProvider({}, store, Login(), lambda: int(time.time()) + ahead[name])

    nodes = {name: node(name) for name in ahead}

    def state(name: str) -> str:
        said = {source: list(words) for source, words in nodes[name].notices.items()}
        live = {"doors": {}, "directories": {}, "died": [], "notices": said}
        return judge((), 1, [live], [], 0).states["clock"]

    async with AsyncExitStack() as looking:
        for name, provider in nodes.items():
            await looking.enter_async_context(comparing(provider, name))
        await eventually(lambda: [state(name) for name in "abc"] == ["ok", "ok", "failed"])
        ahead["c"] = 0
        await eventually(lambda: [state(name) for name in "abc"] == ["ok", "ok", "ok"])
        for name in ahead:
            ahead[name] = -200
        await eventually(lambda: [state(name) for name in "abc"] == ["degraded"] * 3)


def test_what_took_long_tells_little() -> None:
    assert Reading(NOW, NOW + 0.5, NOW).offset == 0 and Reading(NOW, NOW + 0.5, NOW).is_exact
    assert Reading(NOW + 200, NOW, NOW + 201).offset in (200, 201)
    assert not Reading(NOW + 200, NOW, NOW).is_exact, "it was set meanwhile"
    assert not Reading(NOW, NOW + 4, NOW + 5).is_exact and Reading(NOW, NOW + 4, NOW + 5).ahead == 0
