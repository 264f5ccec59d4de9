"""`storage.patterns`: which patterns a user had, newest first, and no more of them than are looked at."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.patterns import FormerPattern
from tests.storage.examples import NOW, USER

PATTERN = FormerPattern("u1", b"\x00\xff" * 16, NOW)


async def test_the_last_ones_are_remembered_of_each_user_by_himself(store: Storage) -> None:
    mine = [replace(PATTERN, pattern_hash=bytes([number]) * 32, kept_at=NOW + number) for number in range(6)]
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(replace(USER, id="u2", username="bob"))
        await tx.former_patterns.add(replace(PATTERN, user_id="u2"), 4)
        for each in mine:
            await tx.former_patterns.add(each, 4)
        assert await tx.former_patterns.list("u1", 9) == [mine[5], mine[4], mine[3], mine[2]]
        assert await tx.former_patterns.list("u1", 1) == [mine[5]]
        assert await tx.former_patterns.list("u2", 9) == [replace(PATTERN, user_id="u2")]
        again = replace(mine[2], kept_at=NOW + 60)
        await tx.former_patterns.add(again, 4)
        assert (await tx.former_patterns.list("u1", 9))[:2] == [again, mine[5]]
    async with store.transaction("other") as tx:
        assert await tx.former_patterns.list("u1", 9) == []


async def test_they_go_with_their_user(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.former_patterns.add(PATTERN, 4)
        await tx.users.delete("u1")
        assert await tx.former_patterns.list("u1", 9) == []
