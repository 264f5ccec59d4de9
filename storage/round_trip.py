"""Statements that travel together: fewer round trips to a database across a network."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Protocol

from storage.contract import StorageError
from storage.sql import Row, Value, bind

BEGIN = "BEGIN; SET LOCAL masugata.tenant = :tenant"
# Several statements in one message are one transaction, which is what SET LOCAL needs.
SNAPSHOT = "SET LOCAL masugata.tenant = :tenant"
EACH = "RETURNING 1"  # a row for each that was changed, since only rows come back

Statement = tuple[str, dict[str, Value] | None]  # None: the text goes as it is


class Link(Protocol):
    """One connection, borrowed from a pool with the first message."""

    @property
    def is_in_transaction(self) -> bool: ...

    async def send(self, statements: Sequence[Statement]) -> Sequence[Row]:
        """Run statements in one round trip; returns the rows of the last. Raises `StorageError`."""

    def release(self) -> None:
        """Give the connection back; one in a transaction is closed, and the server rolls back."""


class Batch:
    """`storage.sql.Connection` of one transaction.

    BEGIN, the tenant's setting and writes wait until rows are needed, or for COMMIT, and travel with that.
    """

    __slots__ = ("_failed", "_link", "_tenant", "_waiting")

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant
        self._waiting: list[Statement] = []
        self._failed = False

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        await self.write(statement, **values)
        return await self._send()

    async def count(self, statement: str, /, **values: Value) -> int:
        return len(await self.query(f"{statement} {EACH}", **values))

    async def write(self, statement: str, /, **values: Value) -> None:
        self._check()
        self._waiting.append((statement, bind(self._tenant, values)))

    async def script(self, text: str) -> None:
        """Several statements, as a migration has them; their text goes as it is."""
        self._check()
        self._waiting.append((text, None))
        await self._send()

    async def commit(self) -> None:
        self._check()
        if self._waiting or self._link.is_in_transaction:
            self._waiting.append(("COMMIT", None))
            await self._send()
        self._link.release()

    async def rollback(self) -> None:
        self._waiting.clear()
        try:
            if self._link.is_in_transaction:
                with contextlib.suppress(StorageError):  # the connection is closed then: to the same effect
                    await self._link.send([("ROLLBACK", None)])
        finally:
            self._link.release()

    async def _send(self) -> Sequence[Row]:
        statements, self._waiting = self._waiting, []
        if not self._link.is_in_transaction:
            statements.insert(0, (BEGIN, {"tenant": self._tenant}))
        try:
            return await self._link.send(statements)
        except StorageError:
            self._failed = True
            raise

    def _check(self) -> None:
        if self._failed:  # PostgreSQL would answer COMMIT with ROLLBACK, in silence
            raise StorageError("an earlier statement of this transaction failed")


class SingleReads:
    """`storage.sql.Connection` that only reads: each statement one round trip, without BEGIN and COMMIT."""

    __slots__ = ("_link", "_tenant")

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        bind(self._tenant, values)
        return await self._link.send([(SNAPSHOT, values), (statement, values)])

    async def count(self, statement: str, /, **values: Value) -> int:
        return len(await self.query(f"{statement} {EACH}", **values))

    async def write(self, statement: str, /, **values: Value) -> None:
        await self.query(statement, **values)

    async def commit(self) -> None:
        self._link.release()

    async def rollback(self) -> None:
        self._link.release()
