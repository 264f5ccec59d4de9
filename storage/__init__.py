"""Memory. `open(url)` chooses the backend by the URL's scheme."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from storage.contract import Duplicate, Storage, StorageError, StorageTimeout, Transaction

__all__ = ["Duplicate", "Storage", "StorageError", "StorageTimeout", "Transaction", "open", "preload"]


_BACKENDS = {
    "sqlite": ("storage.sqlite", "SQLiteStorage"),
    "postgresql": ("storage.postgres", "PostgresStorage"),
}


async def open(url: str) -> Storage:
    """Open `sqlite:PATH` or `postgresql://user@host/db`. Raises ValueError for another scheme."""
    scheme, _, rest = url.partition(":")
    storage: Storage = await _backend(scheme).open(rest if scheme == "sqlite" else url)
    return storage


def preload(url: str) -> None:
    """Import the backend, for processes forked later that open it. Raises ValueError as `open` does."""
    _backend(url.partition(":")[0])


def _backend(scheme: str) -> Any:
    """Only the backend in use is imported."""
    if scheme not in _BACKENDS:
        raise ValueError(f"storage: unknown scheme {scheme!r}, expected {' or '.join(_BACKENDS)}")
    module, name = _BACKENDS[scheme]
    return getattr(import_module(module), name)
