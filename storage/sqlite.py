"""SQLite: one file, one writing connection with group commit, one reading connection beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from storage import migrate
from storage.contract import StorageError, StorageUnwritable
from storage.group_commit import GroupCommit
from storage.numbered import numbered
from storage.sql import Row, Scope, Value, sweep
from storage.sqlite_file import Place, connect, is_busy, translate
from storage.sqlite_reader import SQLiteReader
from storage.turn import Turn

NO_VALUES: Mapping[str, Value] = {}
# Together they change nothing, and have to be written all the same.
PROBES = (
    "INSERT INTO schema_version (name, checksum) VALUES ('probe', '')",
    "DELETE FROM schema_version WHERE name = 'probe'",
)


class SQLiteJournal:
    """`storage.group_commit.Journal`."""

    def __init__(self, raw: sqlite3.Connection, place: Place) -> None:
        self._raw = raw
        self._place = place
        self._changes_before = 0
        self.is_in_doubt = False  # the last that was to be written was not

    def begin(self) -> bool:
        self._place.check()
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_busy(error):
                return False
            raise self._failed(error) from error
        self._changes_before = self._raw.total_changes
        return True

    def is_open(self) -> bool:
        return self._raw.in_transaction

    def is_dirty(self) -> bool:
        return self._raw.total_changes != self._changes_before

    def run(self, statement: str, values: Mapping[str, Value] = NO_VALUES) -> Sequence[Row]:
        text, pick = numbered(statement)
        try:
            return self._raw.execute(text, pick(values)).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def count(self, statement: str, values: Mapping[str, Value] = NO_VALUES) -> int:
        text, pick = numbered(statement)
        try:
            return self._raw.execute(
                text, pick(values)
            ).rowcount  # RETURNING takes as long as the change itself
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def split(self, text: str) -> Iterator[str]:
        statement = ""
        for line in text.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""
        if statement.strip():
            yield statement

    def commit(self) -> None:
        try:
            self._raw.execute("COMMIT")
        except sqlite3.Error as error:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            raise self._failed(error) from error
        self.is_in_doubt = self.is_in_doubt and not self.is_dirty()

    def _failed(self, error: sqlite3.Error) -> StorageError:
        failure = translate(error)
        self.is_in_doubt = self.is_in_doubt or isinstance(failure, StorageUnwritable)
        return failure


class SQLiteStorage:
    """`storage.contract.Storage`. Several processes may share the file; each opens it after its fork."""

    def __init__(self, writer: sqlite3.Connection, reader: sqlite3.Connection, place: Place) -> None:
        self._writer = writer
        self._reader = reader
        self._place = place
        self._journal = SQLiteJournal(writer, place)
        self._group = GroupCommit(self._journal)
        self._days: defaultdict[str, dict[str, bytes]] = defaultdict(dict)  # see `SQLPersonKeys`

    @classmethod
    async def open(cls, path: str) -> SQLiteStorage:
        """Raises `StorageError` when the file cannot be opened, ValueError for what is not a file."""
        if path in ("", ":memory:"):
            raise ValueError("storage: sqlite needs the path of a file")
        try:
            writer = await connect(Path(path))
            reader = await connect(Path(path))
            reader.execute("PRAGMA query_only = ON")
            for raw in (writer, reader):
                raw.execute("SELECT count(*) FROM sqlite_schema")  # from here on the log is there, and stays
        except OSError as error:
            raise StorageUnwritable(f"{path}: {error.strerror}") from error
        except sqlite3.Error as error:
            failure = translate(error)
            raise type(failure)(f"{path}: {failure}") from error
        return cls(writer, reader, Place(Path(path)))

    def transaction(self, tenant: str) -> Scope:
        return Scope(self._turn(tenant), self._days[tenant])

    def snapshot(self, tenant: str) -> Scope:
        return Scope(SQLiteReader(self._reader, tenant), self._days[tenant])

    async def migrate(self) -> Sequence[str]:
        turn = self._turn("")
        async with Scope(turn):
            return await migrate.apply(turn, "sqlite")

    async def pending(self) -> Sequence[str]:
        turn = self._turn("")
        try:
            return [migration.name for migration in await migrate.pending(turn, "sqlite")]
        finally:
            await turn.rollback()

    async def sweep(self, tenant: str, now: int) -> int:
        return await sweep(partial(self.transaction, tenant), now)

    async def check(self) -> None:
        self._place.check()
        self._place.check_room()
        await SQLiteReader(self._reader, "").query(migrate.APPLIED)
        if self._journal.is_in_doubt:
            turn = self._turn("")
            async with Scope(turn):
                for statement in PROBES:
                    await turn.query(statement)

    async def stalled(self) -> str:
        return ""  # there is one server, and what keeps it from writing is told by `check`

    async def warnings(self) -> Sequence[str]:
        return ()  # the one who may open the file may read all of it

    def figures(self) -> Mapping[str, int]:
        return {"flushes": self._group.flushes, "waiting": self._group.waiting}

    async def time(self) -> None:
        """It is this machine's."""

    async def close(self) -> None:
        await self._group.close()
        self._reader.close()
        await asyncio.to_thread(self._writer.close)  # writes the log back into the file

    def _turn(self, tenant: str) -> Turn:
        return Turn(self._journal, self._group, tenant)
