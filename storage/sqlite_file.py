"""The file of an embedded database: made, opened, and set so that what was acknowledged is kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

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


async def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made if there is none. Raises `sqlite3.Error`, OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
