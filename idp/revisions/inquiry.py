"""What is in force at a node, for who has no event loop: the database is asked in a process of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson

import storage
from idp.config.bundle import Bundle
from idp.config.configuration import Configuration
from idp.config.in_force import InForce, read_files, read_stored
from idp.config.load import load_server
from idp.config.mistake import ConfigurationError
from idp.config.revisions import Revisions, Stored
from idp.supervisor.aside import aside
from idp.supervisor.work import Unfit
from keys.seal import Unsealable
from storage.revisions import EVERYWHERE, Revision

ALTERED = "the revision in force was altered or moved, restore the database from a backup"


def in_force_at(folder: Path, clock: Callable[[], int]) -> InForce:
    """The newest revision, or the files where there is none, or where the database cannot be asked: the workers meet
    that again and say so, and where they do not, they look for a revision before they serve.

    Raises `ConfigurationError` for mistakes in the files, `idp.supervisor.work.Unfit` for a revision that cannot be
    used, OSError, ValueError.
    """
    try:
        own = load_server(folder)
    except ConfigurationError:
        return read_files(folder)  # which tells what is wrong with the other files too
    if not _is_made(own):
        return read_files(folder)
    storage.preload(own.storage_url)
    said = aside(partial(_told, own, clock))
    if not said:
        return read_files(folder)
    stored = _heard(said)
    try:
        return read_stored(stored, folder)
    except ConfigurationError as error:
        raise Unfit([unusable(stored.revision.number), *map(str, error.mistakes)]) from None


def unusable(number: int) -> str:
    """What stands before the mistakes of a revision: they are told as if they stood in the files of the node."""
    return f"revision {number}, which is in force, cannot be used on this node:"


async def active(database: storage.Storage, own: Configuration, now: int) -> Stored | None:
    """The revision in force; None where there is none, as in a database that knows of no revisions yet.

    Raises `storage.StorageError`, `vault.WrongMasterKey`, `keys.seal.Unsealable`, and what `master_key` does.
    """
    if await database.pending():
        return None
    async with database.snapshot(EVERYWHERE) as tx:
        number = await tx.revisions.newest()
    return await Revisions(database, own.master_key()).find(number, now) if number else None


def _is_made(own: Configuration) -> bool:
    """Whether an embedded database is there; another is."""
    scheme, _, file = own.storage_url.partition(":")
    return scheme != "sqlite" or Path(file).exists()


async def _told(own: Configuration, clock: Callable[[], int]) -> bytes:
    try:
        database = await storage.open(own.storage_url)
        try:
            stored = await active(database, own, clock())
        finally:
            await database.close()
    except storage.StorageError:
        stored = None
    except Unsealable:
        raise ValueError(ALTERED) from None
    if stored is None:
        return b""
    head = orjson.dumps(dataclasses.asdict(stored.revision))
    return len(head).to_bytes(4) + head + stored.bundle.pack()


def _heard(said: bytes) -> Stored:
    length = int.from_bytes(said[:4])
    revision = Revision(**orjson.loads(said[4 : 4 + length]))
    return Stored(revision, Bundle.unpack(said[4 + length :]))
