"""`storage.contract.Storage.snapshot`, `check`, and the values that every database takes or refuses."""

from __future__ import annotations

import asyncio

import pytest

from storage import Storage, StorageError
from tests.storage.examples import INTERACTION, USER, user


async def names(store: Storage) -> list[str]:
    async with store.snapshot("acme") as tx:
        return [u.username for u in await tx.users.list()]


async def test_a_snapshot_does_not_write(store: Storage) -> None:
    with pytest.raises(StorageError):
        async with store.snapshot("acme") as tx:
            await tx.users.add(USER)
    with pytest.raises(StorageError):
        async with store.snapshot("acme") as tx:
            await tx.interactions.add(INTERACTION)
    assert await names(store) == []


async def test_a_snapshot_does_not_wait_for_writers(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        async with asyncio.timeout(60):
            results = await asyncio.gather(*(names(store) for _ in range(20)))
        assert results == [[]] * 20


async def test_nul_is_refused_before_anything_is_sent(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        with pytest.raises(ValueError, match="username contains a NUL"):
            await tx.users.find_by_name("al\0ice")
        with pytest.raises(ValueError, match="step contains a NUL"):
            await tx.interactions.add(INTERACTION.__class__("i", b"\0", "oidc", "s", {}, 1, 2, step="\0"))
        await tx.users.add(USER)  # and the transaction goes on
    assert await names(store) == ["alice"]


async def test_nul_within_json_and_bytes_is_only_data(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(user(1, attributes='{"x": "a\\u0000b"}'))
        found = await tx.users.find("u1")
    assert found is not None and found.attributes == '{"x": "a\\u0000b"}'


async def test_check_is_silent_when_all_is_well(store: Storage) -> None:
    await store.check()
