"""A database with somebody who watches: he is told of every transaction how it ended, and what was committed by it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol

from storage.around import Around
from storage.contract import Storage, Transaction


class Watcher(Protocol):
    """Called in the event loop, once the database has answered: it must be quick, and must not fail."""

    def ended(self, tenant: str, *, committed: bool, seconds: float) -> None:
        """A transaction was committed or rolled back, which took so long."""

    def kept(self, tenant: str, notes: Sequence[object]) -> None:
        """What was noted in a transaction and is on the disk now."""


class Watched(Around):
    """`storage.contract.Storage`, as it is, but for those who write. What is swept is nobody's doing."""

    def __init__(self, storage: Storage, watcher: Watcher) -> None:
        super().__init__(storage)
        self._watcher = watcher
        self.snapshot = storage.snapshot

    def transaction(self, tenant: str) -> AbstractAsyncContextManager[Transaction]:
        return _Block(self._storage.transaction(tenant), tenant, self._watcher)


class _Block(AbstractAsyncContextManager[Transaction]):
    """One transaction."""

    __slots__ = ("_scope", "_tenant", "_tx", "_watcher")

    def __init__(
        self, scope: AbstractAsyncContextManager[Transaction], tenant: str, watcher: Watcher
    ) -> None:
        self._scope = scope
        self._tenant = tenant
        self._watcher = watcher

    async def __aenter__(self) -> Transaction:
        self._tx = await self._scope.__aenter__()
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        began, committed = time.perf_counter(), False
        try:
            await self._scope.__aexit__(kind, error, trace)
            committed = error is None
        finally:
            self._watcher.ended(self._tenant, committed=committed, seconds=time.perf_counter() - began)
            if committed:
                self._tx.notes.keep()
            if kept := self._tx.notes.take():
                self._watcher.kept(self._tenant, kept)
