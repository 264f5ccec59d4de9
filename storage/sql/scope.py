"""A transaction as a block of code; and what is swept, slice by slice."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from storage.sql.connection import Connection
from storage.sql.transaction import SQLTransaction

SLICE_ROWS = 500


class Scope(AbstractAsyncContextManager[SQLTransaction]):
    """`async with`: commits at the end, rolls back on any exception."""

    __slots__ = ("_connection", "_days")

    def __init__(self, connection: Connection, days: MutableMapping[str, bytes] | None = None) -> None:
        self._connection = connection
        self._days = days

    async def __aenter__(self) -> SQLTransaction:
        return SQLTransaction(self._connection, {} if self._days is None else self._days)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            await self._connection.rollback()
            return
        try:
            await self._connection.commit()
        except BaseException:
            await self._connection.rollback()
            raise


async def sweep(begin: Callable[[], Scope], now: int) -> int:
    """Delete what has expired, each slice in a transaction of its own; returns how many rows."""
    total, more = 0, True
    while more:
        async with begin() as tx:
            count, more = await tx.expired.delete(now, SLICE_ROWS)
        total += count
    return total
