"""The revisions in the database: each a bundle of files, sealed, with who applied it, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.config.bundle import Bundle
from idp.custody.vault import open_vault
from keys.master import MasterKey
from storage import Storage
from storage.revisions import EVERYWHERE, Revision


@dataclass(frozen=True, slots=True)
class Stored:
    """A revision and its files."""

    revision: Revision
    bundle: Bundle


class Revisions:
    """What the master key opens. Sealed not for secrecy alone: a configuration names commands that nodes run, so
    whoever can only write to the database must not be able to make one.
    """

    def __init__(self, storage: Storage, master: MasterKey) -> None:
        self._storage = storage
        self._master = master

    async def newest(self) -> int:
        """The number of the one in force; 0 where there is none, and the files of each node are. One statement."""
        async with self._storage.snapshot(EVERYWHERE) as tx:
            return await tx.revisions.newest()

    async def number_at(self, at: int) -> int:
        """The number of the one that was in force then (epoch seconds); 0 where there was none."""
        async with self._storage.snapshot(EVERYWHERE) as tx:
            return await tx.revisions.number_at(at)

    async def list(self, limit: int = 100) -> Sequence[Revision]:
        """Newest first."""
        async with self._storage.snapshot(EVERYWHERE) as tx:
            return await tx.revisions.list(limit)

    async def find(self, number: int, now: int) -> Stored | None:
        """Raises `keys.seal.Unsealable` for one that was altered, `vault.WrongMasterKey`, `StorageError`."""
        async with self._storage.snapshot(EVERYWHERE) as tx:
            found = await tx.revisions.find(number)
        if found is None:
            return None
        revision, sealed = found
        vault = await open_vault(self._storage, EVERYWHERE, self._master, now)
        return Stored(revision, Bundle.unpack(vault.open(sealed, *_place(revision))))

    async def active(self, now: int) -> Stored | None:
        """The one in force. Raises as `find`."""
        number = await self.newest()
        return await self.find(number, now) if number else None

    async def add(self, revision: Revision, bundle: Bundle) -> bool:
        """Put it in force; False if somebody else was first with this number."""
        vault = await open_vault(self._storage, EVERYWHERE, self._master, revision.created_at)
        sealed = vault.seal(bundle.pack(), *_place(revision))
        async with self._storage.transaction(EVERYWHERE) as tx:
            return await tx.revisions.add(revision, sealed)


def _place(revision: Revision) -> tuple[str, ...]:
    """Bound to all that is said of it: a row that was moved or retold does not open."""
    told = (revision.number, revision.hash, revision.created_at, revision.author, revision.reason)
    return ("revisions", *map(str, told), str(revision.restores or ""))
