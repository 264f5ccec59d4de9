"""PostgreSQL 14 or newer, through aiopg: statements travel together to save round trips."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import aiopg
import psycopg2
from psycopg2 import errors, extensions

from storage import migrate, role
from storage.contract import Duplicate, StorageError, StorageTimeout
from storage.pyformat import pyformat
from storage.round_trip import Batch, SingleReads, Statement
from storage.sql import Row, Scope, Value, sweep

# The operator's own `?options=-c …` in the URL comes after these and wins.
OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=30s"
    " -c client_connection_check_interval=1s"  # else a statement outlives the client that gave it up
)
READ_ONLY = " -c default_transaction_read_only=on"
PATIENCE_SECONDS = 10.0  # for a connection or an answer: longer than the server's own limits
MIGRATION_SECONDS = 3600.0
WRITERS = 8  # connections of one process
READERS = 4  # of their own, so that a snapshot never waits for writers
MIGRATE_ALONE = """
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(hashtext('masugata schema_version'))"""
BYTES = extensions.new_type((17,), "BYTES", lambda text, _: None if text is None else bytes.fromhex(text[2:]))


class PostgresLink:
    """`storage.round_trip.Link`."""

    __slots__ = ("_cursor", "_pool", "_raw", "_timeout")

    def __init__(self, pool: aiopg.Pool, timeout: float = PATIENCE_SECONDS) -> None:
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

    def __init__(self, writers: aiopg.Pool, readers: aiopg.Pool, restore: Callable[[], None]) -> None:
        self._writers = writers
        self._readers = readers
        self._restore = restore
        self._days: defaultdict[str, dict[str, bytes]] = defaultdict(dict)  # see `SQLPersonKeys`

    @classmethod
    async def open(cls, url: str) -> PostgresStorage:
        """Raises `StorageError` when the server cannot be reached."""
        async with contextlib.AsyncExitStack() as opened:
            try:
                writers = await opened.enter_async_context(_pool(url, OPTIONS, WRITERS))
                readers = await opened.enter_async_context(_pool(url, OPTIONS + READ_ONLY, READERS))
            except (psycopg2.Error, TimeoutError) as error:
                raise StorageError(f"PostgreSQL: {str(error).strip()}") from None
            opened.pop_all()
        return cls(writers, readers, _silence_cancelled_statements())

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
            await reads.query(migrate.APPLIED)

    async def warnings(self) -> Sequence[str]:
        async with Scope(reads := SingleReads(PostgresLink(self._readers), "")):
            return await role.warnings(reads)

    def figures(self) -> Mapping[str, int]:
        pools = (self._writers, self._readers)
        return {"connections": sum(p.size for p in pools), "idle": sum(p.freesize for p in pools)}

    async def close(self) -> None:
        for pool in (self._writers, self._readers):
            pool.terminate()  # whoever is still in a transaction loses it: a shutdown must end
            await pool.wait_closed()
        self._restore()


def _pool(url: str, options: str, size: int) -> contextlib.AbstractAsyncContextManager[aiopg.Pool]:
    async def prepare(connection: aiopg.Connection) -> None:
        extensions.register_type(BYTES, connection.raw)

    return aiopg.create_pool(
        url,
        options=f"{options} {extensions.parse_dsn(url).get('options', '')}",
        client_encoding="UTF8",
        maxsize=size,
        timeout=PATIENCE_SECONDS,
        on_connect=prepare,
        **dict.fromkeys(("enable_json", "enable_hstore", "enable_uuid"), False),
    )


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
    return StorageError(message)
