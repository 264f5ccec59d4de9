"""The signing keys of one tenant: at rest in the database, where every node sees a change at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from keys.jws import SigningKey
from keys.ring import KeyRing
from keys.seal import Vault
from storage import Storage, Transaction
from storage.records import SigningKeyRecord

ALGORITHMS = ("RS256", "ES256")  # what every service can verify, and what is fast
TABLE = "signing_keys"

State = Literal["next", "active", "retired"]


class KeyInUse(ValueError):
    """The key cannot be taken away: nothing would be left to sign with, or tokens still need it."""


class Signing:
    """Loads and turns the key ring. It caches opened keys, and the ring, by the very rows they were made of."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: Mapping[tuple[str, bytes], SigningKey] = {}
        self._records: Sequence[SigningKeyRecord] = ()
        self._ring = KeyRing()

    async def load(self, tx: Transaction) -> KeyRing:
        """The ring as it stands in this transaction. Raises `keys.seal.Unsealable` for an altered row."""
        records = await tx.signing_keys.list()
        if records == self._records:
            return self._ring
        opened = {(record.kid, record.sealed): self._open(record) for record in records}
        self._opened = opened
        by_state: dict[str, list[SigningKey]] = {"next": [], "active": [], "retired": []}
        for record, key in zip(records, opened.values(), strict=True):
            by_state[record.state].append(key)
        self._records, self._ring = (
            records,
            KeyRing(**{state: tuple(keys) for state, keys in by_state.items()}),
        )
        return self._ring

    async def prepare(self, storage: Storage, now: int, algorithms: Sequence[str] = ALGORITHMS) -> None:
        """On first start: an active key for each algorithm, and the next one announced beside it.

        Nodes that start at once may each add one; `KeyRing.pick` then takes the same one on all of them.
        """
        async with storage.snapshot(self._vault.tenant) as tx:
            ring = await self.load(tx)
        missing = [alg for alg in algorithms if alg not in ring.algorithms]
        fresh = [(SigningKey.generate(alg), SigningKey.generate(alg)) for alg in missing]
        if not fresh:
            return
        async with storage.transaction(self._vault.tenant) as tx:
            present = (await self.load(tx)).algorithms
            for active, following in fresh:
                if active.alg not in present:
                    await tx.signing_keys.add(self._record(active, "active", now))
                    await tx.signing_keys.add(self._record(following, "next", now))

    async def rotate(self, tx: Transaction, fresh: SigningKey, now: int) -> SigningKey:
        """Sign with the announced key from now on and announce `fresh`; returns the key that now signs.

        `fresh` decides the algorithm; generate it before the transaction, which should not wait for it.
        An algorithm that has no announced key signs with `fresh` at once.
        """
        ring = await self.load(tx)
        following = next((key for key in ring.next if key.alg == fresh.alg), None)
        for key in ring.active:
            if key.alg == fresh.alg:
                await tx.signing_keys.move(key.kid, "retired", now)
        if following is None:
            await tx.signing_keys.add(self._record(fresh, "active", now))
            return fresh
        await tx.signing_keys.move(following.kid, "active", now)
        await tx.signing_keys.add(self._record(fresh, "next", now))
        return following

    async def retire(self, tx: Transaction, kid: str, now: int) -> bool:
        """Never sign with this key again; False if there is none.

        Raises `KeyInUse` when nothing else signs by its algorithm.
        """
        ring = await self.load(tx)
        active = {key.kid: key.alg for key in ring.active}
        if kid in active and list(active.values()).count(active[kid]) == 1:
            raise KeyInUse(f"{kid} is the only key that signs {active[kid]}, rotate it instead")
        return await tx.signing_keys.move(kid, "retired", now)

    async def delete(self, tx: Transaction, kid: str) -> bool:
        """Forget a retired key, and refuse what it signed; False if there is none. Raises `KeyInUse`."""
        ring = await self.load(tx)
        if any(key.kid == kid for key in (*ring.active, *ring.next)):
            raise KeyInUse(f"{kid} is not retired")
        return await tx.signing_keys.delete(kid)

    def _open(self, record: SigningKeyRecord) -> SigningKey:
        # Which bytes were opened is part of the cache's name: a row that was tampered with is never a hit.
        cached = self._opened.get((record.kid, record.sealed))
        if cached is not None:
            return cached
        return SigningKey.load(record.alg, self._vault.open(record.sealed, TABLE, record.kid, record.alg))

    def _record(self, key: SigningKey, state: State, now: int) -> SigningKeyRecord:
        sealed = self._vault.seal(key.dump(), TABLE, key.kid, key.alg)
        return SigningKeyRecord(key.kid, key.alg, state, sealed, key.public, now, now)
