"""One transaction's turn in a group commit: it begins with the first statement and ends with the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from storage.contract import StorageError
from storage.group_commit import GroupCommit, Journal
from storage.sql import Row, Value, bind


class Turn:
    """`storage.sql.Connection` on a database with one writer.

    A transaction that fails takes back its own statements only: each has a savepoint, except the first of
    a group, which can roll back the whole.
    """

    __slots__ = ("_failed", "_group", "_has_savepoint", "_has_turn", "_journal", "_tenant")

    def __init__(self, journal: Journal, group: GroupCommit, tenant: str) -> None:
        self._journal = journal
        self._group = group
        self._tenant = tenant
        self._has_turn = self._has_savepoint = self._failed = False

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        bind(self._tenant, values)
        if self._failed or not self._has_turn:
            await self._enter()
        try:
            return self._journal.run(statement, values)
        except StorageError:
            self._failed = True
            raise

    async def count(self, statement: str, /, **values: Value) -> int:
        bind(self._tenant, values)
        if self._failed or not self._has_turn:
            await self._enter()
        try:
            return self._journal.count(statement, values)
        except StorageError:
            self._failed = True
            raise

    write = count  # nothing travels with the next one: there is no way to go

    async def script(self, text: str) -> None:
        """Several statements, as a migration has them."""
        for statement in self._journal.split(text):
            await self.query(statement)

    async def commit(self) -> None:
        if self._failed:
            self._refuse()
        if not self._has_turn:
            return
        if self._has_savepoint:
            self._journal.run("RELEASE body")
        self._has_turn = False
        try:
            await self._group.leave()
        except StorageError:
            self._failed = True
            raise

    async def rollback(self) -> None:
        if not self._has_turn:
            return
        self._has_turn = False
        if self._journal.is_open():  # else the error that brought us here has closed it
            if self._has_savepoint:
                self._journal.run("ROLLBACK TO body")
                self._journal.run("RELEASE body")
            else:
                self._journal.run("ROLLBACK")
        self._group.abandon()

    async def _enter(self) -> None:
        if self._failed:
            self._refuse()
        await self._group.enter()
        self._has_turn = True
        self._has_savepoint = not self._group.is_empty
        if self._has_savepoint:
            self._journal.run("SAVEPOINT body")

    def _refuse(self) -> NoReturn:
        # PostgreSQL refuses too: what the statement was to do would be missing in silence
        raise StorageError("an earlier statement of this transaction failed")
