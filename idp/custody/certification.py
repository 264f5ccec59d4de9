"""The keys that services of other organisations know by certificates: a ring of its own, which turns slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from idp.custody.signing import KeyInUse, TooEarly
from keys.certified_key import CertifiedKey
from keys.seal import Vault
from keys.xml_signature import RSA_SHA256
from storage import Storage, Transaction
from storage.certified import CertifiedKeyRecord

TABLE: Final = "certified_keys"
# Services fetch metadata once a day, or an administrator carries it to them by hand.
ANNOUNCED_SECONDS: Final = 7 * 86400

Purpose = Literal["signing", "encryption"]
State = Literal["next", "active", "retired"]


@dataclass(frozen=True, slots=True)
class CertifiedRing:
    """Each oldest first."""

    signing: tuple[CertifiedKey, ...] = ()
    announced: tuple[CertifiedKey, ...] = ()  # published, and will sign
    encryption: tuple[CertifiedKey, ...] = ()  # published: others encrypt for it
    retired: tuple[CertifiedKey, ...] = ()  # of encryption: what is on its way still opens

    def signer(self, method: str) -> CertifiedKey:
        """The key that signs by `method`. Raises LookupError.

        Two nodes that start at once may have made one each: all pick the older.
        """
        for key in self.signing:
            if key.method == method:
                return key
        raise LookupError(f"no certified key signs by {method}")


class Certification:
    """Loads and turns the keys of one tenant. It caches the ring by the very rows that it was made of."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records: Sequence[CertifiedKeyRecord] = ()
        self._opened: Mapping[tuple[str, bytes, bytes], CertifiedKey] = {}
        self._ring = CertifiedRing()

    async def load(self, tx: Transaction) -> CertifiedRing:
        """The ring as it stands in this transaction. Raises `keys.seal.Unsealable` for an altered row."""
        records = await tx.certified_keys.list()
        if records == self._records:
            return self._ring
        opened = {(each.kid, each.sealed, each.certificate): self._open(each) for each in records}
        keys = list(zip(records, opened.values(), strict=True))

        def of(purpose: Purpose, state: State) -> tuple[CertifiedKey, ...]:
            return tuple(key for each, key in keys if (each.purpose, each.state) == (purpose, state))

        self._records, self._opened = records, opened
        self._ring = CertifiedRing(
            signing=of("signing", "active"),
            announced=of("signing", "next"),
            encryption=of("encryption", "active"),
            retired=of("encryption", "retired"),
        )
        return self._ring

    async def prepare(self, storage: Storage, base_url: str, now: int, methods: Sequence[str]) -> None:
        """On first start: a signing key for each method, and one that others encrypt for."""
        name = subject(base_url)
        async with storage.snapshot(self._vault.tenant) as tx:
            ring = await self.load(tx)
        known = {key.method for key in ring.signing}
        fresh: list[tuple[CertifiedKey, Purpose]] = [
            (CertifiedKey.generate(method, name, now), "signing") for method in methods if method not in known
        ]
        if not ring.encryption:
            fresh.append((CertifiedKey.generate(RSA_SHA256, name, now), "encryption"))
        if fresh:
            async with storage.transaction(self._vault.tenant) as tx:
                for key, purpose in fresh:
                    await tx.certified_keys.add(self._record(key, purpose, "active", now))

    async def announce(self, tx: Transaction, fresh: CertifiedKey, now: int) -> None:
        """Publish the certificate that will sign next. Raises `KeyInUse` where one is published already."""
        if any(key.method == fresh.method for key in (await self.load(tx)).announced):
            raise KeyInUse("the next certificate is announced already")
        await tx.certified_keys.add(self._record(fresh, "signing", "next", now))

    async def rotate(self, tx: Transaction, method: str, now: int, *, force: bool = False) -> CertifiedKey:
        """Sign with the announced key from now on, and publish the one before no longer.

        Raises LookupError where none is announced, `TooEarly` unless `force` is set.
        """
        ring = await self.load(tx)
        following = next((key for key in ring.announced if key.method == method), None)
        if following is None:
            raise LookupError("no certificate is announced")
        since = next(each.changed_at for each in self._records if each.kid == following.kid)
        if not force and now - since < ANNOUNCED_SECONDS:
            raise TooEarly(f"{following.kid} was announced only {(now - since) // 3600} hours ago")
        for key in ring.signing:
            if key.method == method:
                await tx.certified_keys.move(key.kid, "retired", now)
        await tx.certified_keys.move(following.kid, "active", now)
        return following

    async def replace(self, tx: Transaction, fresh: CertifiedKey, now: int) -> None:
        """Publish `fresh` for others to encrypt for; what was encrypted before still opens."""
        for key in (await self.load(tx)).encryption:
            await tx.certified_keys.move(key.kid, "retired", now)
        await tx.certified_keys.add(self._record(fresh, "encryption", "active", now))

    async def delete(self, tx: Transaction, kid: str) -> bool:
        """Forget a key that is announced or retired; False if there is none. Raises `KeyInUse` for an active one."""
        record = next((each for each in await tx.certified_keys.list() if each.kid == kid), None)
        if record is not None and record.state == "active":
            raise KeyInUse(f"{kid} is in use, announce another and rotate")
        return record is not None and await tx.certified_keys.delete(kid)

    def _open(self, record: CertifiedKeyRecord) -> CertifiedKey:
        cached = self._opened.get((record.kid, record.sealed, record.certificate))
        if cached is not None:
            return cached
        private = self._vault.open(record.sealed, *_place(record.kid, record.purpose))
        return CertifiedKey.load(private, record.certificate)

    def _record(self, key: CertifiedKey, purpose: Purpose, state: State, now: int) -> CertifiedKeyRecord:
        sealed = self._vault.seal(key.dump(), *_place(key.kid, purpose))
        return CertifiedKeyRecord(key.kid, purpose, key.method, state, sealed, key.certificate, now, now)


def subject(base_url: str) -> str:
    """For whom a certificate is: people who compare certificates look for the host."""
    return urlsplit(base_url).hostname or ""


def _place(kid: str, purpose: str) -> tuple[str, ...]:
    """A kid names its certificate, so neither can be moved to another."""
    return TABLE, kid, purpose
