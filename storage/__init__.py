"""Memory. `open(url)` chooses the backend by the URL's scheme."""

from __future__ import annotations

from collections.abc import Mapping
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
from storage.copies import Copies

__all__ = [
    "Copies",
    "Duplicate",
    "Storage",
    "StorageError",
    "StorageTimeout",
    "StorageUnwritable",
    "Transaction",
    "claim",
    "copies",
    "open",
    "preload",
]


_BACKENDS = {
    "sqlite": ("storage.sqlite", "SQLiteStorage"),
    "postgresql": ("storage.postgres", "PostgresStorage"),
}
_COPIES = {
    "sqlite": ("storage.sqlite_copy", "SQLiteCopies"),
    "postgresql": ("storage.postgres_copy", "PostgresCopies"),
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


def copies(url: str) -> Copies:
    """What copies the whole of a database, and puts it back. Raises ValueError as `open` does."""
    scheme, _, rest = url.partition(":")
    found: Copies = _backend(scheme, _COPIES)(rest if scheme == "sqlite" else url)
    return found


def _backend(scheme: str, backends: Mapping[str, tuple[str, str]] = _BACKENDS) -> Any:
    """Only the backend in use is imported."""
    if scheme not in backends:
        raise ValueError(f"storage: unknown scheme {scheme!r}, expected {' or '.join(backends)}")
    module, name = backends[scheme]
    return getattr(import_module(module), name)
