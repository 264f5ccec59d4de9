"""All people of a tenant, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from storage import Transaction
from storage.records import User

PAGE: Final = 500


async def everyone(tx: Transaction) -> AsyncIterator[User]:
    """By name. Raises `StorageError`."""
    after = "", ""
    while page := await tx.users.list(after, PAGE):
        for each in page:
            yield each
        after = page[-1].username, page[-1].domain
