"""Numbered migrations: each text is applied once, in order, and never changes afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from storage.contract import StorageError

LEDGER = "CREATE TABLE IF NOT EXISTS schema_version (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
APPLIED = "SELECT name, checksum FROM schema_version ORDER BY name"
RECORD = "INSERT INTO schema_version (name, checksum) VALUES (:name, :checksum)"


class Schema(Protocol):
    """What a backend lends: a transaction that nobody else migrates beside."""

    async def script(self, text: str) -> None: ...
    async def query(self, statement: str, /, **values: Any) -> Sequence[tuple[Any, ...]]: ...
    async def write(self, statement: str, /, **values: Any) -> object: ...


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: `NNNN_name.sql` for every database, `NNNN_name.DIALECT.sql` for one."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(dialect: str) -> list[Migration]:
    """All that this program knows for the dialect (`sqlite` or `postgresql`), in order."""
    known = []
    for file in sorted(files("storage").joinpath("migrations").iterdir(), key=lambda file: file.name):
        name, *only_for, suffix = file.name.split(".")
        if suffix == "sql" and only_for in ([], [dialect]):
            known.append(Migration(name, file.read_text("utf-8")))
    return known


def missing(known: Sequence[Migration], applied: Sequence[tuple[str, str]]) -> list[Migration]:
    """What is still to apply. Raises `StorageError` when the database is not one that this program made."""
    checksums = dict(applied)
    if newer := sorted(checksums.keys() - {migration.name for migration in known}):
        raise StorageError(f"the database is newer than this program: it has {', '.join(newer)}")
    for migration in known:
        if checksums.get(migration.name, migration.checksum) != migration.checksum:
            raise StorageError(f"migration {migration.name} was changed after it had been applied")
    return [migration for migration in known if migration.name not in checksums]


async def pending(schema: Schema, dialect: str) -> list[Migration]:
    """What is still to apply to this database."""
    await schema.script(LEDGER)
    rows = await schema.query(APPLIED)
    return missing(migrations(dialect), [(name, checksum) for name, checksum in rows])


async def apply(schema: Schema, dialect: str) -> list[str]:
    """Apply what is missing; returns the names."""
    todo = await pending(schema, dialect)
    for migration in todo:
        await schema.script(migration.text)
        await schema.write(RECORD, name=migration.name, checksum=migration.checksum)
    return [migration.name for migration in todo]
