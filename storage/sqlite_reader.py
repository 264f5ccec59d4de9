"""Reading an embedded database beside whoever writes to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

from storage.contract import StorageTimeout
from storage.group_commit import PATIENCE_SECONDS, POLL_SECONDS
from storage.numbered import numbered
from storage.sql import Row, Value, bind
from storage.sqlite_file import is_busy, translate


class SQLiteReader:
    """`storage.sql.Connection` that sees what was committed, and never waits for a writer."""

    __slots__ = ("_raw", "_tenant")

    def __init__(self, raw: sqlite3.Connection, tenant: str) -> None:
        self._raw = raw
        self._tenant = tenant

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        bind(self._tenant, values)
        text, pick = numbered(statement)
        picked, deadline = pick(values), 0.0
        while True:
            try:
                return self._raw.execute(text, picked).fetchall()
            except sqlite3.Error as error:
                if not is_busy(error):  # as it is while another process recovers the log after a crash
                    raise translate(error) from error
            now = asyncio.get_running_loop().time()
            deadline = deadline or now + PATIENCE_SECONDS
            if now > deadline:
                raise StorageTimeout(f"the database was busy for {PATIENCE_SECONDS} s")
            await asyncio.sleep(POLL_SECONDS)

    async def count(self, statement: str, /, **values: Value) -> int:
        return len(await self.query(statement, **values))

    async def write(self, statement: str, /, **values: Value) -> None:
        await self.query(statement, **values)

    async def commit(self) -> None:
        """There is nothing to commit."""

    async def rollback(self) -> None:
        """There is nothing to forget."""
