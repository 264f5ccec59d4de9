"""Opens a tenant's vault: its data keys out of the database, unwrapped by the master key."""

from __future__ import annotations

import contextlib

from keys.master import MasterKey
from keys.seal import Unsealable, Vault, new_data_key, unwrap, wrap
from storage import Duplicate, Storage
from storage.keyring import DataKey
from storage.revisions import EVERYWHERE

FIRST = 1


class WrongMasterKey(Exception):
    """The data keys of a tenant were wrapped by another master key, or moved here from another tenant."""


async def open_vault(storage: Storage, tenant: str, master: MasterKey, now: int) -> Vault:
    """The vault of a tenant, made on its first start. Raises `WrongMasterKey`, `storage.StorageError`."""
    async with storage.snapshot(tenant) as tx:
        data_keys = await tx.data_keys.list()
    if not data_keys:
        wrapped = wrap(new_data_key(), master, tenant, FIRST)
        # Of nodes that start at once one adds its key. The others read it in a transaction: it may be on its
        # way to the disk still, where a snapshot does not see it.
        with contextlib.suppress(Duplicate):
            async with storage.transaction(tenant) as tx:
                await tx.data_keys.add(DataKey(FIRST, wrapped, now))
        async with storage.transaction(tenant) as tx:
            data_keys = await tx.data_keys.list()
    try:
        unwrapped = {key.version: unwrap(key.wrapped, master, tenant, key.version) for key in data_keys}
    except Unsealable:
        whose = "revisions" if tenant == EVERYWHERE else f"tenant {tenant}"
        raise WrongMasterKey(
            f"{whose}: the master key does not open its data key, the database was made with another"
        ) from None
    return Vault(tenant, unwrapped)
