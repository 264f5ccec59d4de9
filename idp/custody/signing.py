"""The signing keys of one tenant: at rest in the database, where every node sees a change at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from keys.jws import SigningKey
from keys.ring import KeyRing
from keys.seal import Vault
from storage import Storage, Transaction
from storage.keyring import SigningKeyRecord

ALGORITHMS = ("RS256", "ES256")  # what every service can verify, and what is fast
TABLE = "signing_keys"
ANNOUNCED_SECONDS = 600  # twice as long as services may keep what they read: then all know the next key
TOKEN_SECONDS = 86400  # no setting lets anything that we sign live longer
SKEW_SECONDS = 300  # and the clocks of services may be behind

State = Literal["next", "active", "retired"]


class KeyInUse(ValueError):
    """The key cannot be taken away: nothing would be left to sign with, or tokens still need it."""


class TooEarly(ValueError):
    """The announced key was published so lately that services may verify with what they read before."""


def needed_until(record: SigningKeyRecord) -> int:
    """When the last token that a retired key signed has ended for sure (epoch seconds)."""
    return record.changed_at + TOKEN_SECONDS + SKEW_SECONDS


async def forget(tx: Transaction, now: int) -> list[str]:
    """Delete the retired keys that no token needs any more; returns those that this call deleted."""
    over = [each.kid for each in await tx.signing_keys.list() if is_over(each, now)]
    return [kid for kid in over if await tx.signing_keys.delete(kid)]


def is_over(record: SigningKeyRecord, now: int) -> bool:
    """Whether nobody needs the key any more."""
    return record.state == "retired" and now >= needed_until(record)


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

    async def rotate(
        self, tx: Transaction, fresh: SigningKey, now: int, *, force: bool = False
    ) -> SigningKey:
        """Sign with the announced key from now on and announce `fresh`; returns the key that now signs.

        `fresh` decides the algorithm; generate it before the transaction, which should not wait for it.
        An algorithm that signs but has no announced key goes on signing with the same one. Raises `TooEarly`
        for a key that services may not have read yet, unless `force` is set.
        """
        ring = await self.load(tx)
        active = [key for key in ring.active if key.alg == fresh.alg]
        following = await self._announced(tx, fresh.alg)
        if following is None:
            await tx.signing_keys.add(self._record(fresh, "next" if active else "active", now))
            return active[0] if active else fresh
        if not force and now - following.changed_at < ANNOUNCED_SECONDS:
            raise TooEarly(f"{following.kid} was announced only {now - following.changed_at} s ago")
        for key in active:
            await tx.signing_keys.move(key.kid, "retired", now)
        await tx.signing_keys.move(following.kid, "active", now)
        await tx.signing_keys.add(self._record(fresh, "next", now))
        return (await self.load(tx)).pick(fresh.alg)

    async def retire(self, tx: Transaction, kid: str, now: int) -> bool:
        """Never sign with this key again; False if there is none.

        Raises `KeyInUse` when nothing else signs by its algorithm.
        """
        ring = await self.load(tx)
        active = {key.kid: key.alg for key in ring.active}
        if kid in active and list(active.values()).count(active[kid]) == 1:
            raise KeyInUse(f"{kid} is the only key that signs {active[kid]}, rotate it instead")
        if any(key.kid == kid for key in ring.retired):
            return True  # and its tokens end when they would have
        return await tx.signing_keys.move(kid, "retired", now)

    async def delete(self, tx: Transaction, kid: str, now: int, *, force: bool = False) -> bool:
        """Forget a retired key, and refuse what it signed; False if there is none.

        Raises `KeyInUse` while there may be tokens that need it, unless `force` is set.
        """
        record = next((each for each in await tx.signing_keys.list() if each.kid == kid), None)
        if record is None:
            return False
        if record.state != "retired":
            raise KeyInUse(f"{kid} is not retired")
        if not force and now < needed_until(record):
            raise KeyInUse(f"tokens that {kid} signed may live for {needed_until(record) - now} s yet")
        return await tx.signing_keys.delete(kid)

    async def _announced(self, tx: Transaction, alg: str) -> SigningKeyRecord | None:
        """The oldest key of the algorithm that is published and does not sign yet."""
        records = await tx.signing_keys.list()
        return next((each for each in records if each.state == "next" and each.alg == alg), None)

    def _open(self, record: SigningKeyRecord) -> SigningKey:
        # Which bytes were opened is part of the cache's name: a row that was tampered with is never a hit.
        cached = self._opened.get((record.kid, record.sealed))
        if cached is not None:
            return cached
        return SigningKey.load(record.alg, self._vault.open(record.sealed, TABLE, record.kid, record.alg))

    def _record(self, key: SigningKey, state: State, now: int) -> SigningKeyRecord:
        sealed = self._vault.seal(key.dump(), TABLE, key.kid, key.alg)
        return SigningKeyRecord(key.kid, key.alg, state, sealed, key.public, now, now)
