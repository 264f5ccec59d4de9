"""`storage.presented`: what may not be presented again."""

from __future__ import annotations

from storage import Storage
from tests.storage.examples import LATER


async def test_an_identifier_is_spent_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is True
        assert await tx.spent_identifiers.add(b"one", LATER + 1) is False
        assert await tx.spent_identifiers.add(b"two", LATER) is True
    async with store.transaction("acme") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is False
    async with store.transaction("other") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is True


async def test_a_spent_identifier_is_swept_when_it_would_be_refused_anyhow(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.spent_identifiers.add(b"one", LATER)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1
