"""SQLite as a whole: copied by its own backup, which waits for nobody, and put back in one piece."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from keys.folder import to_disk
from storage.claim import Claim, lock_of
from storage.contract import StorageError, StorageUnwritable
from storage.copies import Chunks, Dump
from storage.drafts import clear, draft_of

BUSY_SECONDS: Final = 5.0
PAGES: Final = 4096  # of one step, after which Ctrl-C is heard
SCHEMA: Final = "SELECT max(name) FROM schema_version"
BESIDE: Final = ("-wal", "-shm", "-journal")


class SQLiteCopies:
    """`storage.copies.Copies`. Drafts lie beside the database, where its secrets are anyway, and nowhere else."""

    kind = "sqlite"

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._folder = self._path.parent

    @contextmanager
    def dump(self, role: str | None) -> Iterator[Dump]:
        if role is not None:
            raise StorageError("SQLite has no roles")
        if not self._path.exists():
            raise StorageError(f"{self._path}: there is no database")
        with self._draft() as draft:
            schema = self._copy(draft)
            with draft.open("rb") as content:
                draft.unlink()  # it is read to its end, and a process that is killed leaves nothing
                yield Dump(schema, content)

    @contextmanager
    def unpack(self, chunks: Chunks) -> Iterator[str]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritten(self._folder, error) from None
        with self._draft() as draft:
            self._fill(draft, chunks)
            yield f"sqlite:{draft}"

    def check_empty(self) -> None:
        if self._path.exists():
            raise StorageError(
                f"{self._path} is there: a backup is put back only where there is no database. Stop the server, move "
                f"it away with {self._path.name}-wal and {self._path.name}-shm, if these are there, and try again"
            )
        # What belongs to another database would be played back into this one.
        for left in (Path(f"{self._path}{end}") for end in BESIDE):
            if left.exists():
                raise StorageError(f"{left} is left of a database that is gone: move it away and try again")

    def restore(self, chunks: Chunks) -> None:
        was_locked = lock_of(self._path).exists()
        claim = Claim(self._path, makes_file=False)  # else a server could start meanwhile
        try:
            self.check_empty()
            with self._draft() as draft:
                self._fill(draft, chunks)
                os.link(draft, self._path)  # never over what somebody made meanwhile
            to_disk(self._folder)
        except OSError as error:
            raise _unwritten(self._path, error) from None
        finally:
            if not was_locked and not self._path.exists():
                lock_of(self._path).unlink(missing_ok=True)  # it would say that there was a database
            claim.release()

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """An empty file for us alone, which goes again with what SQLite makes beside it."""
        draft = draft_of(self._path)
        try:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise _unwritten(draft, error) from None
        try:
            clear(draft, self._path.name)
            yield draft
        finally:
            for end in ("", *BESIDE):
                Path(f"{draft}{end}").unlink(missing_ok=True)

    def _copy(self, draft: Path) -> str:
        """All pages of one moment. Returns the newest migration."""
        try:
            with closing(_open(self._path, "mode=rw")) as source, closing(_open(draft, "mode=rw")) as target:
                target.execute("PRAGMA journal_mode = OFF")
                target.execute("PRAGMA synchronous = OFF")
                source.execute("BEGIN")  # else each write of somebody else would let the copy begin anew
                ((schema,),) = source.execute(SCHEMA).fetchall()
                source.backup(target, pages=PAGES, progress=lambda *_: None)
        except sqlite3.Error as error:
            raise StorageError(f"cannot copy {self._path} within its folder: {error}") from None
        if schema is None:
            raise StorageError(f"{self._path}: the database is empty")
        return str(schema)

    def _fill(self, draft: Path, chunks: Chunks) -> None:
        """Write a database, on the disk when this returns, and look at all of it."""
        try:
            with draft.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritten(draft, error) from None
        try:
            with closing(_open(draft, "immutable=1")) as raw:
                ((said,),) = raw.execute("PRAGMA integrity_check(1)").fetchall()
        except sqlite3.Error as error:
            said = str(error)
        if said != "ok":
            raise StorageError(f"the database in the backup is damaged: {said}")


def _open(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


def _unwritten(path: Path, error: OSError) -> StorageUnwritable:
    return StorageUnwritable(f"cannot write {path}: {(error.strerror or str(error)).lower()}")
