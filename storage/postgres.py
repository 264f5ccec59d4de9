"""PostgreSQL 14 or newer, through aiopg: statements travel together to save round trips."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import aiopg
import psycopg2
from psycopg2 import errors, extensions

from storage import acknowledging, migrate, role
from storage.contract import Duplicate, StorageError, StorageTimeout, StorageUnwritable
from storage.pool import Pool
from storage.postgres_servers import Servers
from storage.pyformat import pyformat
from storage.round_trip import Batch, SingleReads, Statement
from storage.sql import Row, Scope, Value, sweep

PATIENCE_SECONDS = 10.0  # for an answer: longer than the server's own limits
QUEUE_SECONDS = 5.0  # for a connection, where all are in use: then whoever asked does better to come again
MIGRATION_SECONDS = 3600.0
WRITERS = 8  # connections of one process
READERS = 4  # of their own, so that a snapshot never waits for writers
MIGRATE_ALONE = """
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(hashtext('masugata schema_version'));
-- A table that somebody reads for long, as a backup does, must not be waited for: all others would wait behind us.
SET LOCAL lock_timeout = '2s'"""
TIME = "SELECT extract(epoch FROM clock_timestamp())"


class PostgresLink:
    """`storage.round_trip.Link`."""

    __slots__ = ("_cursor", "_pool", "_raw", "_timeout")

    def __init__(self, pool: Pool[aiopg.Connection], timeout: float = PATIENCE_SECONDS) -> None:
        self._pool = pool
        self._timeout = timeout
        self._raw: Any = None
        self._cursor: Any = None

    async def send(self, statements: Sequence[Statement]) -> Sequence[Row]:
        """Run statements in one round trip; returns the rows of the last."""
        task = asyncio.current_task()
        cancellations = task.cancelling() if task else 0
        try:
            if self._raw is None:
                self._raw = await self._pool.acquire()
                self._cursor = await self._raw.cursor(timeout=self._timeout)
            cursor = self._cursor.raw
            await self._cursor.execute(b";".join([_text(cursor, *statement) for statement in statements]))
            if task and task.cancelling() > cancellations:  # with the answer: `wait_for` forgot (gh-86296)
                raise asyncio.CancelledError
            return cursor.fetchall() if cursor.description else ()
        except psycopg2.Error as error:
            # Not `from error`: its text quotes the statement, with the values.
            raise _translate(error) from None
        except TimeoutError:
            self._pool.doubt()
            raise StorageTimeout(f"the database did not answer within {self._timeout} s") from None
        except asyncio.CancelledError:
            if task is None or task.cancelling() > cancellations:
                raise
            # aiopg turns SQLSTATE 57014 into a cancellation, though nobody cancelled us.
            raise StorageTimeout("the database cancelled a statement that took too long") from None

    @property
    def is_in_transaction(self) -> bool:
        return (
            self._raw is not None
            and not self._raw.closed
            and self._raw.raw.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE
        )

    def release(self) -> None:
        """Give the connection back; one in a transaction is closed, and the server rolls back."""
        if self._raw is None:
            return
        if self.is_in_transaction:
            self._raw.close()
        self._pool.release(self._raw)
        self._raw = self._cursor = None


class PostgresStorage:
    """`storage.contract.Storage`. Open it after a fork, never before."""

    def __init__(self, url: str) -> None:
        servers = Servers(url)
        self._writers = Pool(partial(servers.connect, read_only=False), WRITERS, QUEUE_SECONDS)
        self._readers = Pool(partial(servers.connect, read_only=True), READERS, QUEUE_SECONDS)
        self._days: defaultdict[str, dict[str, bytes]] = defaultdict(dict)  # see `SQLPersonKeys`
        self._restore = _silence_cancelled_statements()

    @classmethod
    async def open(cls, url: str) -> PostgresStorage:
        """Raises `StorageError` when no server that takes writes can be reached."""
        opened = cls(url)
        try:
            opened._writers.release(await opened._writers.acquire())
        except BaseException:
            await opened.close()
            raise
        return opened

    def transaction(self, tenant: str) -> Scope:
        return Scope(Batch(PostgresLink(self._writers), tenant), self._days[tenant])

    def snapshot(self, tenant: str) -> Scope:
        return Scope(SingleReads(PostgresLink(self._readers), tenant), self._days[tenant])

    async def migrate(self) -> Sequence[str]:
        batch = Batch(PostgresLink(self._writers, MIGRATION_SECONDS), "")
        async with Scope(batch):
            await batch.script(MIGRATE_ALONE)
            return await migrate.apply(batch, "postgresql")

    async def pending(self) -> Sequence[str]:
        batch = Batch(PostgresLink(self._writers, MIGRATION_SECONDS), "")
        try:
            await batch.script(MIGRATE_ALONE)
            return [migration.name for migration in await migrate.pending(batch, "postgresql")]
        finally:
            await batch.rollback()

    async def sweep(self, tenant: str, now: int) -> int:
        return await sweep(partial(self.transaction, tenant), now)

    async def check(self) -> None:
        async with Scope(reads := SingleReads(PostgresLink(self._readers), "")):
            if any(recovers for (recovers,) in await reads.query(acknowledging.RECOVERS)):
                raise StorageUnwritable(acknowledging.IS_STANDBY)

    async def stalled(self) -> str:
        async with Scope(reads := SingleReads(PostgresLink(self._readers), "")):
            standing = await acknowledging.read(reads)
        if standing.words:
            return standing.words
        async with Scope(writes := SingleReads(PostgresLink(self._writers), "")):
            return await acknowledging.unwritable(writes)

    async def warnings(self) -> Sequence[str]:
        async with Scope(reads := SingleReads(PostgresLink(self._readers), "")):
            return await role.warnings(reads)

    async def time(self) -> float:
        async with Scope(reads := SingleReads(PostgresLink(self._readers), "")):
            return float((await reads.query(TIME))[0][0])

    def figures(self) -> Mapping[str, int]:
        pools = (self._writers, self._readers)
        return {"connections": sum(pool.size for pool in pools), "idle": sum(pool.idle for pool in pools)}

    async def close(self) -> None:
        await self._writers.close()
        await self._readers.close()
        self._restore()


def _silence_cancelled_statements() -> Callable[[], None]:
    """aiopg reports each statement timeout to the loop as well: we raise it. Returns what undoes this."""
    loop = asyncio.get_running_loop()
    previous = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), errors.QueryCanceled):
            return
        (previous or type(loop).default_exception_handler)(loop, context)

    loop.set_exception_handler(handle)
    return lambda: loop.set_exception_handler(previous)


def _text(cursor: Any, statement: str, values: dict[str, Value] | None) -> bytes:
    if values is None:
        return statement.encode()
    return cursor.mogrify(pyformat(statement), values)  # type: ignore[no-any-return]


def _translate(error: psycopg2.Error) -> StorageError:
    # The primary message only: details quote values.
    message = f"{error.pgcode}: {error.diag.message_primary}" if error.pgcode else str(error).strip()
    match error:
        case errors.UniqueViolation():
            return Duplicate(message)
        case errors.QueryCanceled() | errors.LockNotAvailable():
            return StorageTimeout(message)
        case errors.ReadOnlySqlTransaction():
            return StorageUnwritable(f"{acknowledging.IS_READ_ONLY} ({message})")
    return StorageError(message)
