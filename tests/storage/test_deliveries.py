"""`storage.deliveries.Deliveries`."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from tests.storage.examples import DELIVERY, NOW, USER

DUE = NOW + 5
UNTIL = NOW + 60


async def test_it_is_claimed_when_it_is_due_and_comes_back_if_nobody_delivers_it(store: Storage) -> None:
    """A node that dies in the middle loses nothing."""
    async with store.transaction("acme") as tx:
        await tx.deliveries.add(DELIVERY)
        assert await tx.deliveries.claim(DUE - 1, UNTIL) is None
        claimed = replace(DELIVERY, due_at=UNTIL, attempts=2)
        assert await tx.deliveries.claim(DUE, UNTIL) == claimed
        assert await tx.deliveries.claim(UNTIL - 1, UNTIL) is None
        assert await tx.deliveries.claim(UNTIL, UNTIL + 60) == replace(claimed, due_at=UNTIL + 60, attempts=3)


async def test_what_is_due_first_comes_first(store: Storage) -> None:
    first = replace(DELIVERY, id="d2", due_at=NOW)
    async with store.transaction("acme") as tx:
        assert await tx.deliveries.backlog() == (0, None)
        await tx.deliveries.add(DELIVERY)
        await tx.deliveries.add(replace(first, created_at=DELIVERY.created_at - 7))
        assert await tx.deliveries.backlog() == (2, DELIVERY.created_at - 7)
        await tx.deliveries.delete(first.id)
        await tx.deliveries.add(first)
        assert await tx.deliveries.list() == [first, DELIVERY]
        assert await tx.deliveries.list(limit=1) == [first]
        assert await tx.deliveries.list_at(DELIVERY.sid) == [first, DELIVERY]
        assert await tx.deliveries.list_at("another") == []
        claimed = await tx.deliveries.claim(UNTIL, UNTIL + 1)
        assert claimed is not None and claimed.id == "d2"


async def test_it_can_be_postponed_and_goes_once_it_is_delivered(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.deliveries.add(DELIVERY)
        await tx.deliveries.postpone("d1", UNTIL, "timed out")
        assert await tx.deliveries.list() == [replace(DELIVERY, due_at=UNTIL, failure="timed out")]
        assert await tx.deliveries.delete("d1") is True
        assert await tx.deliveries.delete("d1") is False
        assert await tx.deliveries.list() == []


async def test_it_outlives_the_user(store: Storage) -> None:
    """Services must hear of a deleted user's sign-out too, and nothing that sweeps may take it away."""
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.deliveries.add(DELIVERY)
        await tx.users.delete(USER.id)
    await store.sweep("acme", NOW * 2)
    async with store.snapshot("acme") as tx:
        assert await tx.deliveries.list() == [DELIVERY]
