"""The file of an embedded database: made, opened, and set so that what was acknowledged is kept."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from storage.claim import is_gone, lock_of
from storage.contract import Duplicate, StorageError, StorageUnwritable
from storage.group_commit import PATIENCE_SECONDS, POLL_SECONDS

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit that was acknowledged survives a power cut
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "temp_store = MEMORY",
    "cache_size = -16384",  # KiB
    "journal_size_limit = 67108864",
    "busy_timeout = 0",  # from here on nobody waits inside of SQLite: the event loop would wait with it
)
STATEMENTS = 256  # more than we have: each is compiled once
PRIMARY_CODE = 0xFF  # extended result codes carry the primary one in the low byte
LEAST_BYTES = 65536  # a disk with less room than that is as good as full
DUPLICATES = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
NO_ROOM = "there is no room left on its disk"
READ_ONLY = "its disk or file is read-only"
DAMAGED = "the file is damaged, restore it from a backup"
MISSING = "the database is gone: put it back from a backup; to begin with an empty one, remove {lock}"
UNWRITABLE = {
    sqlite3.SQLITE_FULL: NO_ROOM,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_IOERR: "its disk is full or reports errors",
    sqlite3.SQLITE_CANTOPEN: "the file or its log cannot be opened",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


async def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made if there is none. Raises `sqlite3.Error`, OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_gone(path):
        raise FileNotFoundError(errno.ENOENT, MISSING.format(lock=lock_of(path)))
    # SQLite gives the log the same mode. A file that exists is left alone: closing it would drop the locks of the
    # connections that this process has, and another process would take the log away from under them.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    raw = sqlite3.connect(
        path,
        timeout=PATIENCE_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # the commit thread and the loop use it, never at one time
        cached_statements=STATEMENTS,
    )
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EROFS, f"the database cannot be written: {READ_ONLY} for us")
    for pragma in PRAGMAS:
        await _set(raw, pragma)
    return raw


async def _set(raw: sqlite3.Connection, pragma: str) -> None:
    """Where processes make one new file at once, SQLite tells all but one of them at once that it is busy:
    going over to the log needs a lock that two who both read cannot wait for.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while True:
        try:
            raw.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or loop.time() > deadline:
                raise
        else:
            return
        await asyncio.sleep(POLL_SECONDS)


def is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE == sqlite3.SQLITE_BUSY


def translate(error: sqlite3.Error) -> StorageError:
    """What became of a statement. SQLite's messages name columns and never values."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code in DUPLICATES:
        return Duplicate(str(error))
    if why := UNWRITABLE.get(code & PRIMARY_CODE):
        name = getattr(error, "sqlite_errorname", "")
        return StorageUnwritable(f"the database cannot be used: {why} ({name}: {error})")
    return StorageError(str(error))


class Place:
    """The file with its log and index, as they were opened. Where one of them is deleted or replaced, what we would
    go on writing is lost with the last of us.
    """

    def __init__(self, path: Path) -> None:
        """Of an open database that was read from: then all three are there."""
        self._files = [f"{path}{end}" for end in ("", "-wal", "-shm")]
        self._folder = path.parent
        self._opened = [_identity(file) for file in self._files]

    def check(self) -> None:
        """Raises `StorageUnwritable`."""
        for file, opened in zip(self._files, self._opened, strict=True):
            if _identity(file) != opened:
                raise StorageUnwritable(
                    f"{file} was deleted or replaced while the server worked on it: nothing is kept until that is put "
                    "right and the server is started again"
                )

    def check_room(self) -> None:
        """Raises `StorageUnwritable` where nobody could write, whether anybody has tried or not."""
        disk = os.statvfs(self._folder)
        if disk.f_flag & os.ST_RDONLY:
            raise StorageUnwritable(f"the database cannot be used: {READ_ONLY}")
        if disk.f_bavail * disk.f_frsize < LEAST_BYTES:
            raise StorageUnwritable(f"the database cannot be used: {NO_ROOM}")


def _identity(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116  thrice a commit, and a Path takes longer to make than to look at
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
