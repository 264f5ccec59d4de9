"""The sweep in the background of every process that serves."""

from __future__ import annotations

import asyncio

import pytest

from idp import sweeping
from idp.login import Login
from idp.provider import IdentityProvider
from tests.login.conftest import NOW, House


async def test_a_defect_is_not_the_last_sweep(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had expired goes the next time."""
    for pause in ("FIRST_SECONDS", "SECONDS"):
        monkeypatch.setattr(sweeping, pause, 0.01)
    await house.login("alice")
    broken = iter((True,))

    def clock() -> int:
        """It is broken at first, and then long after every session has ended."""
        return 1 // 0 if next(broken, False) else NOW + 100_000

    async with sweeping.sweeping(IdentityProvider({"acme": house.tenant}, house.store, Login(), clock)):
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0.01)
                async with house.store.snapshot("acme") as tx:
                    if not await tx.sessions.list("id-alice", NOW):
                        break
