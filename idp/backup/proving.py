"""Whether what was brought back is what it was: a tenant's people can be read, and its audit log is whole."""

from __future__ import annotations

from typing import NamedTuple

from idp.chain import reading
from idp.chain.own_keys import own_keys
from idp.chain.verifying import Verification
from idp.custody.vault import open_vault
from idp.everyone import everyone
from keys.master import MasterKey
from storage import Storage


class Proof(NamedTuple):
    """What was found in one tenant."""

    users: int
    records: int  # of the audit log that are vouched for, up to this number


async def prove(database: Storage, tenant: str, master: MasterKey, now: int) -> Proof:
    """Look at a database that nobody works on. Statements of an anchor are left out: they may be of later.

    Raises `chain.verifying.Broken`, `custody.vault.WrongMasterKey`, `storage.StorageError`.
    """
    vault = await open_vault(database, tenant, master, now)
    async with database.snapshot(tenant) as tx:
        keys = {each.kid: each for each in await own_keys(tx, vault)}
        users = sum([1 async for _ in everyone(tx)])
    if not keys:  # no server ever ran for it
        return Proof(users, 0)
    newest = list(keys)[-1]
    found = await reading.verify(database, tenant, lambda: Verification(tenant, keys.get, newest=newest))
    return Proof(users, found.last)
