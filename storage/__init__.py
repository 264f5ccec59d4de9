"""Memory. `open(url)` chooses the backend by the URL's scheme."""

from __future__ import annotations

from storage.contract import Duplicate, Storage, StorageError, StorageTimeout, Transaction

__all__ = ["Duplicate", "Storage", "StorageError", "StorageTimeout", "Transaction", "open"]


async def open(url: str) -> Storage:
    """Open `sqlite:PATH` or `postgresql://user@host/db`. Raises ValueError for another scheme."""
    scheme, _, rest = url.partition(":")
    match scheme:
        case "sqlite":
            from storage.sqlite import SQLiteStorage  # noqa: PLC0415  only the backend in use is loaded

            return await SQLiteStorage.open(rest)
        case "postgresql":
            from storage.postgres import PostgresStorage  # noqa: PLC0415

            return await PostgresStorage.open(url)
    raise ValueError(f"storage: unknown scheme {scheme!r}, expected sqlite or postgresql")
