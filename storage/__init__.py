"""Memory. `open(url)` chooses the backend by the URL's scheme."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from storage.claim import Claim
from storage.contract import (
    Duplicate,
    Storage,
    StorageError,
    StorageTimeout,
    StorageUnwritable,
    Transaction,
)

__all__ = [
    "Duplicate",
    "Storage",
    "StorageError",
    "StorageTimeout",
    "StorageUnwritable",
    "Transaction",
    "claim",
    "open",
    "preload",
]


_BACKENDS = {
    "sqlite": ("storage.sqlite", "SQLiteStorage"),
    "postgresql": ("storage.postgres", "PostgresStorage"),
}


async def open(url: str) -> Storage:
    """Open `sqlite:PATH` or `postgresql://user@host/db`. Raises ValueError for another scheme."""
    scheme, _, rest = url.partition(":")
    storage: Storage = await _backend(scheme).open(rest if scheme == "sqlite" else url)
    return storage


def claim(url: str) -> object | None:
    """To be kept by a server for as long as it works on the database, where only one may: its own process ends it.

    Raises `StorageError` while another has it, or where it is gone.
    """
    scheme, _, rest = url.partition(":")
    return Claim(Path(rest)) if scheme == "sqlite" and rest else None


def preload(url: str) -> None:
    """Import the backend, for processes forked later that open it. Raises ValueError as `open` does."""
    _backend(url.partition(":")[0])


def _backend(scheme: str) -> Any:
    """Only the backend in use is imported."""
    if scheme not in _BACKENDS:
        raise ValueError(f"storage: unknown scheme {scheme!r}, expected {' or '.join(_BACKENDS)}")
    module, name = _BACKENDS[scheme]
    return getattr(import_module(module), name)
