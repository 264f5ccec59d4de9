"""Keys from which identifiers are derived: made once for a tenant, and never turned, since every name would change."""

from __future__ import annotations

from keys.seal import Vault, new_data_key
from storage import Storage, Transaction

TABLE = "derivation_keys"


async def open_key(storage: Storage, vault: Vault, purpose: str, now: int) -> bytes:
    """The tenant's 32 bytes for that purpose, the same on every node. Raises `keys.seal.Unsealable`."""
    async with storage.snapshot(vault.tenant) as tx:
        sealed = await tx.derivation_keys.find(purpose)
    if sealed is None:
        async with storage.transaction(vault.tenant) as tx:
            return await key_within(tx, vault, purpose, now)
    return vault.open(sealed, TABLE, purpose)


async def key_within(tx: Transaction, vault: Vault, purpose: str, now: int) -> bytes:
    """The same within a transaction that writes anyhow."""
    sealed = await tx.derivation_keys.find(purpose)
    if sealed is None:
        fresh = vault.seal(new_data_key(), TABLE, purpose)
        sealed = await tx.derivation_keys.find_or_add(purpose, fresh, now)
    return vault.open(sealed, TABLE, purpose)


async def find_key(tx: Transaction, vault: Vault, purpose: str) -> bytes | None:
    """The same to read only: None where no server has made it yet. Raises `keys.seal.Unsealable`."""
    sealed = await tx.derivation_keys.find(purpose)
    return vault.open(sealed, TABLE, purpose) if sealed is not None else None


async def ready_key(tx: Transaction, vault: Vault, purpose: str, now: int) -> bytes:
    """The same within a transaction, made where there is none yet. Raises `keys.seal.Unsealable`."""
    sealed = await tx.derivation_keys.find(purpose)
    if sealed is None:
        sealed = await tx.derivation_keys.find_or_add(
            purpose, vault.seal(new_data_key(), TABLE, purpose), now
        )
    return vault.open(sealed, TABLE, purpose)
