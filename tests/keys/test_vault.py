"""A tenant's vault: one for all nodes, and none without the right master key."""

from __future__ import annotations

import asyncio
import os

import pytest

from idp.custody.vault import WrongMasterKey, open_vault
from keys.master import MasterKey
from keys.seal import Unsealable, wrap
from storage import Storage
from storage.keyring import DataKey

NOW = 1_800_000_000


@pytest.fixture
def master() -> MasterKey:
    return MasterKey(os.urandom(32))


async def test_the_first_start_makes_a_data_key_and_the_next_finds_it(
    store: Storage, master: MasterKey
) -> None:
    sealed = (await open_vault(store, "acme", master, NOW)).seal(b"secret", "table", "row")
    again = await open_vault(store, "acme", master, NOW + 1)
    assert again.open(sealed, "table", "row") == b"secret"
    async with store.snapshot("acme") as tx:
        (data_key,) = await tx.data_keys.list()
    assert (data_key.version, data_key.created_at) == (1, NOW)


async def test_nodes_that_start_at_once_agree(store: Storage, master: MasterKey) -> None:
    first, *others = await asyncio.gather(*(open_vault(store, "acme", master, NOW) for _ in range(20)))
    sealed = first.seal(b"secret", "table", "row")
    assert {vault.open(sealed, "table", "row") for vault in others} == {b"secret"}


async def test_another_master_key_opens_nothing_and_changes_nothing(
    store: Storage, master: MasterKey
) -> None:
    """A stolen database without the master key gives nothing."""
    sealed = (await open_vault(store, "acme", master, NOW)).seal(b"secret", "table", "row")
    with pytest.raises(WrongMasterKey, match="acme"):
        await open_vault(store, "acme", MasterKey(os.urandom(32)), NOW)
    assert (await open_vault(store, "acme", master, NOW)).open(sealed, "table", "row") == b"secret"


async def test_tenants_have_keys_of_their_own(store: Storage, master: MasterKey) -> None:
    acme, globex = [await open_vault(store, tenant, master, NOW) for tenant in ("acme", "globex")]
    with pytest.raises(Unsealable):
        globex.open(acme.seal(b"secret", "table", "row"), "table", "row")


async def test_a_data_key_copied_from_another_tenant_does_not_open(store: Storage, master: MasterKey) -> None:
    await open_vault(store, "acme", master, NOW)
    async with store.snapshot("acme") as tx:
        (data_key,) = await tx.data_keys.list()
    async with store.transaction("globex") as tx:
        await tx.data_keys.add(data_key)
    with pytest.raises(WrongMasterKey, match="globex"):
        await open_vault(store, "globex", master, NOW)


async def test_every_version_of_the_data_key_opens(store: Storage, master: MasterKey) -> None:
    sealed = (await open_vault(store, "acme", master, NOW)).seal(b"old", "table", "row")
    async with store.transaction("acme") as tx:
        await tx.data_keys.add(DataKey(2, wrap(os.urandom(32), master, "acme", 2), NOW))
    vault = await open_vault(store, "acme", master, NOW)
    assert vault.open(sealed, "table", "row") == b"old"
    assert vault.open(vault.seal(b"new", "table", "row"), "table", "row") == b"new"
