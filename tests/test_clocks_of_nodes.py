"""What one node with a wrong clock may do to the others: the database has a clock too."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

import storage
from idp.leaps import look
from storage import Storage
from storage.clock import SKEW_SECONDS
from tests.storage.examples import SESSION, USER

HOUR = 3600


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[Storage]:
    opened = await storage.open(postgres_url)
    await opened.migrate()
    yield opened
    await opened.close()


async def test_a_node_that_is_behind_ends_nothing_that_others_made(store: Storage) -> None:
    """It would take the others for a clock that was ahead and was set back, once a minute."""
    now = int(time.time())
    assert not await look(store, ["acme"], now, has_leapt=False)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(replace(SESSION, created_at=now, seen_at=now, expires_at=now + HOUR))
        await tx.budgets.spend("anna", 5, HOUR, now)
    doubts = await look(store, ["acme"], now - 2 * SKEW_SECONDS, has_leapt=False)
    assert "behind the database's" in doubts[0]
    async with store.snapshot("acme") as tx:
        assert await tx.sessions.find(SESSION.id_hash, now) is not None
        budget = await tx.budgets.find("anna")
        assert budget is not None and budget.until == now + HOUR
    assert not await look(store, ["acme"], now, has_leapt=False)


async def test_a_node_that_is_ahead_sweeps_nothing_though_it_never_leapt(store: Storage) -> None:
    """By less than a day, it would be believed at once: what the others need for hours yet would go."""
    now = int(time.time())
    assert not await look(store, ["acme"], now, has_leapt=False)
    for ahead in (now + 20 * HOUR, now + 20 * HOUR + 60):
        assert await look(store, ["acme"], ahead, has_leapt=False)
    assert not await look(store, ["acme"], now, has_leapt=False)
