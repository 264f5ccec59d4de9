"""`storage.revisions`: written once, of many one wins, and no tenant sees them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from storage import Storage
from storage.revisions import EVERYWHERE, Revision
from tests.storage.examples import NOW

FIRST = Revision(1, "a1" * 32, NOW, "anna", "the first: 100% :new", None)
SECOND = Revision(2, "b2" * 32, NOW + 1, "ben", "戻す", 1)


async def test_revisions_are_kept_as_they_were_applied(store: Storage) -> None:
    async with store.snapshot(EVERYWHERE) as tx:
        assert await tx.revisions.newest() == 0
        assert await tx.revisions.find(1) is None
    async with store.transaction(EVERYWHERE) as tx:
        assert await tx.revisions.add(FIRST, b"\x00sealed")
        assert await tx.revisions.add(SECOND, b"again")
    async with store.snapshot(EVERYWHERE) as tx:
        assert await tx.revisions.newest() == 2
        assert await tx.revisions.find(1) == (FIRST, b"\x00sealed")
        assert await tx.revisions.list() == [SECOND, FIRST]
        assert await tx.revisions.list(limit=1) == [SECOND]
        assert [await tx.revisions.number_at(NOW + later) for later in (-1, 0, 1, 9)] == [0, 1, 2, 2]
    async with store.snapshot("acme") as tx:
        assert await tx.revisions.newest() == 0


async def test_of_many_who_apply_at_once_one_wins(store: Storage) -> None:
    async def apply(author: str) -> bool:
        async with store.transaction(EVERYWHERE) as tx:
            return await tx.revisions.add(replace(FIRST, author=author), author.encode())

    won = await asyncio.gather(*(apply(f"admin{number}") for number in range(8)))
    assert won.count(True) == 1
    async with store.snapshot(EVERYWHERE) as tx:
        found = await tx.revisions.find(1)
    assert found is not None and found[1] == f"admin{won.index(True)}".encode()
