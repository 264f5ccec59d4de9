"""`storage.contract.SigningKeys` and `DataKeys`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import Duplicate, Storage
from tests.storage.examples import DATA_KEY, LATER, NOW, SIGNING_KEY


async def test_signing_keys_are_listed_oldest_first(store: Storage) -> None:
    older = replace(SIGNING_KEY, kid="z", created_at=NOW - 1)
    async with store.transaction("acme") as tx:
        await tx.signing_keys.add(SIGNING_KEY)
        await tx.signing_keys.add(older)
        assert await tx.signing_keys.list() == [older, SIGNING_KEY]
        with pytest.raises(Duplicate):
            await tx.signing_keys.add(SIGNING_KEY)


async def test_a_signing_key_moves_and_goes(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.signing_keys.add(SIGNING_KEY)
        assert await tx.signing_keys.move("k1", "active", LATER) is True
        assert await tx.signing_keys.move("k2", "active", LATER) is False
        assert await tx.signing_keys.list() == [replace(SIGNING_KEY, state="active", changed_at=LATER)]
        assert await tx.signing_keys.delete("k1") is True
        assert await tx.signing_keys.delete("k1") is False
        assert await tx.signing_keys.list() == []


async def test_the_first_node_s_data_key_stays(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.data_keys.add(DATA_KEY)
    async with store.transaction("acme") as tx:
        with pytest.raises(Duplicate):
            await tx.data_keys.add(replace(DATA_KEY, wrapped=b"late"))
        assert await tx.data_keys.list() == [DATA_KEY]  # and the late one can read the first's at once
        second = replace(DATA_KEY, version=2)
        await tx.data_keys.add(second)
        assert await tx.data_keys.list() == [DATA_KEY, second]
