"""A whole database copied while others work on it, looked at, and put back where there is none: what backups are of."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol

from storage import migrate
from storage.contract import StorageError

Chunks = Iterable[bytes]


class Dump(NamedTuple):
    """One moment of a database."""

    schema: str  # the newest migration
    content: BinaryIO  # to be read to its end once


class Copies(Protocol):
    """What is done with a whole database from outside. All raise `StorageError`, and wait for the disk."""

    kind: str  # as migrations and headers call it

    def dump(self, role: str | None) -> AbstractContextManager[Dump]:
        """The database as it is now, beside whoever works on it; `role` is one of PostgreSQL that reads all rows.

        What went wrong on the way is raised at the end of the context.
        """

    def unpack(self, chunks: Chunks) -> AbstractContextManager[str | None]:
        """What was dumped, looked at from beginning to end. Gives the address of a database of its own, which is gone
        afterwards; None where there is none to be had without a server.
        """

    def check_empty(self) -> None:
        """Raises where there is anything that `restore` would have to put out of the way."""

    def restore(self, chunks: Chunks) -> None:
        """Put back what was dumped, where there is nothing: all of it, or nothing if something is raised meanwhile."""


def check_known(kind: str, schema: str) -> None:
    """Raises `StorageError` for a database that a newer program made."""
    if schema not in {migration.name for migration in migrate.migrations(kind)}:
        raise StorageError(f"the backup is newer than this program: it has {schema}")


def is_old(kind: str, schema: str) -> bool:
    """Whether it has to be migrated once it is back."""
    return schema != migrate.migrations(kind)[-1].name
