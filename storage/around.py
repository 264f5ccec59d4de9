"""A database with something around it: what a wrapper does not change is the database's own."""

from __future__ import annotations

from storage.contract import Storage


class Around:
    """`storage.contract.Storage` but for `transaction`, which each wrapper has for itself."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.migrate, self.pending = storage.migrate, storage.pending
        self.sweep, self.check, self.stalled = storage.sweep, storage.check, storage.stalled
        self.time = storage.time
        self.warnings, self.figures, self.close = storage.warnings, storage.figures, storage.close
