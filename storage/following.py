"""A database of which each transaction and each statement is a step that somebody follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType

from storage.around import Around
from storage.contract import Storage, Transaction
from storage.sql import Connection, Row, SQLTransaction, Value

# A block with this name and these attributes; never a value of a statement.
Step = Callable[[str, Mapping[str, str]], AbstractContextManager[object]]


class Followed(Around):
    """`storage.contract.Storage`, as it is, with a step around each transaction, snapshot and statement."""

    def __init__(self, storage: Storage, step: Step) -> None:
        super().__init__(storage)
        self._step = step

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[Transaction]:
        return _Block(self._storage.transaction(tenant), self._step, "transaction", tenant)

    def snapshot(self, tenant: str) -> AbstractAsyncContextManager[Transaction]:
        return _Block(self._storage.snapshot(tenant), self._step, "snapshot", tenant)


class _Block(AbstractAsyncContextManager[Transaction]):
    """One transaction."""

    def __init__(
        self, scope: AbstractAsyncContextManager[Transaction], step: Step, name: str, tenant: str
    ) -> None:
        self._scope = scope
        self._step = step
        self._whole = step(name, {"masugata.tenant": tenant})

    async def __aenter__(self) -> Transaction:
        self._whole.__enter__()
        tx = await self._scope.__aenter__()
        assert isinstance(
            tx, SQLTransaction
        )  # nothing was asked for yet: its repositories are made with this one
        tx.connection = _Connection(tx.connection, self._step)
        return tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._step("rollback" if error else "commit", {}):
                await self._scope.__aexit__(kind, error, trace)
        finally:
            self._whole.__exit__(kind, error, trace)


class _Connection:
    """`storage.sql.Connection`."""

    def __init__(self, connection: Connection, step: Step) -> None:
        self._connection = connection
        self._step = step
        self.commit, self.rollback = connection.commit, connection.rollback

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        with self._step(_name(statement), {"db.query.text": statement.strip()}):
            return await self._connection.query(statement, **values)

    async def count(self, statement: str, /, **values: Value) -> int:
        with self._step(_name(statement), {"db.query.text": statement.strip()}):
            return await self._connection.count(statement, **values)

    async def write(self, statement: str, /, **values: Value) -> object:
        with self._step(_name(statement), {"db.query.text": statement.strip()}):
            return await self._connection.write(statement, **values)


def _name(statement: str) -> str:
    """Its verb: the text has its names, and placeholders for values."""
    return statement.split(None, 1)[0]
