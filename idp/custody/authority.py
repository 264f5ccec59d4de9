"""The tenant's own authorities for client certificates: a key ring, at rest and ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from idp.audit import record
from keys.certificate import Authorities
from keys.client_authority import ClientAuthority
from keys.seal import Vault
from storage import Storage, Transaction
from storage.certificates import AuthorityRecord, IssuedCertificate

AUTHENTICATOR: Final = "certificate"  # whose credentials they are
TABLE: Final = "authorities"
PATH: Final = "/certificates/{authority}.crl"
CRL_SECONDS: Final = 86400  # how long a list may be believed by who does not fetch the next


class InUse(Exception):
    """The authority issues now; another has to take its place first."""


@dataclass(frozen=True, slots=True)
class AuthorityRing:
    """Each oldest first."""

    all: tuple[ClientAuthority, ...] = ()
    active: tuple[ClientAuthority, ...] = ()
    trusted: Authorities = Authorities(())  # noqa: RUF009  frozen

    @property
    def issuer(self) -> ClientAuthority:
        """The one that issues. Raises LookupError.

        Two nodes that start at once may have made one each: all pick the older.
        """
        if not self.active:
            raise LookupError("no authority issues client certificates")
        return self.active[0]

    def find(self, authority_id: str) -> ClientAuthority | None:
        return next((each for each in self.all if each.id == authority_id), None)


class Authority:
    """Loads and turns the authorities of one tenant. It caches the ring by the very rows that it was made of."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records: Sequence[AuthorityRecord] = ()
        self._opened: Mapping[tuple[str, bytes, bytes], ClientAuthority] = {}
        self._ring = AuthorityRing()
        self._lists: dict[str, tuple[object, bytes]] = {}

    async def load(self, tx: Transaction) -> AuthorityRing:
        """The ring as it stands in this transaction. Raises `keys.seal.Unsealable` for an altered row."""
        records = await tx.authorities.list()
        if records == self._records:
            return self._ring
        opened = {(each.id, each.sealed, each.certificate): self._open(each) for each in records}
        keys = tuple(opened.values())
        self._records, self._opened = records, opened
        self._ring = AuthorityRing(
            all=keys,
            active=tuple(key for each, key in zip(records, keys, strict=True) if each.state == "active"),
            trusted=Authorities.from_der(*(each.certificate for each in records)),
        )
        return self._ring

    async def prepare(self, storage: Storage, name: str, now: int) -> None:
        """On first start: an authority, whose certificate calls it `name`."""
        async with storage.snapshot(self._vault.tenant) as tx:
            ring = await self.load(tx)
        if not ring.active:
            async with storage.transaction(self._vault.tenant) as tx:
                await tx.authorities.add(self._record(ClientAuthority.generate(name, now), now))

    async def renew(self, tx: Transaction, name: str, now: int) -> ClientAuthority:
        """A fresh one issues from now on; what those before issued stays good until it ends."""
        for each in (await self.load(tx)).active:
            await tx.authorities.move(each.id, "retired", now)
        fresh = ClientAuthority.generate(name, now)
        await tx.authorities.add(self._record(fresh, now))
        return fresh

    async def delete(self, tx: Transaction, authority_id: str) -> bool:
        """Believe it no more: what it issued is void. False if there is none. Raises `InUse`."""
        if any(each.id == authority_id for each in (await self.load(tx)).active):
            raise InUse(f"{authority_id} issues certificates, renew first")
        return await tx.authorities.delete(authority_id)

    async def revocation_list(self, tx: Transaction, authority_id: str, now: int) -> bytes | None:
        """What that authority has revoked (DER); None if there is none. It is signed anew where something changed."""
        authority = (await self.load(tx)).find(authority_id)
        if authority is None:
            return None
        revoked = tuple(
            (each.serial, each.revoked_at or now)
            for each in await tx.issued_certificates.list_revoked(authority_id, now)
        )
        content = authority.certificate, revoked, now // (CRL_SECONDS // 24)
        signed = self._lists.get(authority_id)
        if signed is None or signed[0] != content:
            signed = content, authority.crl(revoked, now, CRL_SECONDS)
            self._lists[authority_id] = signed
        return signed[1]

    def _open(self, record: AuthorityRecord) -> ClientAuthority:
        known = self._opened.get((record.id, record.sealed, record.certificate))
        if known is not None:
            return known
        return ClientAuthority.load(self._vault.open(record.sealed, TABLE, record.id), record.certificate)

    def _record(self, authority: ClientAuthority, now: int) -> AuthorityRecord:
        sealed = self._vault.seal(authority.dump(), TABLE, authority.id)
        return AuthorityRecord(authority.id, "active", sealed, authority.certificate, now, now)


async def revoke_all(tx: Transaction, user_id: str, now: int) -> int:
    """Revoke every certificate that a user holds; returns how many."""
    await tx.credentials.delete(user_id, AUTHENTICATOR)
    return len(await note_revoked(tx, user_id, now))


async def note_revoked(tx: Transaction, user_id: str, now: int) -> Sequence[IssuedCertificate]:
    """Put into the list of revoked certificates what a user held and holds no more."""
    revoked = await tx.issued_certificates.revoke_unheld(user_id, now)
    for each in revoked:
        await record(tx, "certificate.revoked", now, user_id=user_id, serial=each.serial)
    return revoked
