"""The tenant's own keys for its log, which lie sealed in the database: each signs until another takes its place."""

from __future__ import annotations

from collections.abc import Sequence

from idp.chain.statement import PURPOSE, signing_key
from idp.custody.derivation import TABLE, find_key, ready_key
from keys.jws import SigningKey
from keys.seal import Vault, new_data_key
from storage import Transaction


async def own_keys(tx: Transaction, vault: Vault) -> Sequence[SigningKey]:
    """Oldest first: the last one signs. Empty where no server ran yet. Raises `keys.seal.Unsealable`."""
    found: list[SigningKey] = []
    while (secret := await find_key(tx, vault, _purpose(len(found)))) is not None:
        found.append(signing_key(secret))
    return found


async def ready_keys(tx: Transaction, vault: Vault, now: int) -> Sequence[SigningKey]:
    """The same in a transaction that writes; the first is made where there is none yet."""
    await ready_key(tx, vault, PURPOSE, now)
    return await own_keys(tx, vault)


async def add_key(tx: Transaction, vault: Vault, count: int, now: int) -> SigningKey:
    """One more, where there are `count`; the same if another process was faster."""
    purpose = _purpose(count)
    sealed = vault.seal(new_data_key(), TABLE, purpose)
    kept = await tx.derivation_keys.find_or_add(purpose, sealed, now)
    return signing_key(vault.open(kept, TABLE, purpose))


def _purpose(place: int) -> str:
    return PURPOSE if place == 0 else f"{PURPOSE} {place + 1}"
