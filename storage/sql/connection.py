"""What a backend provides to the statements: three verbs, bound to one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Value = str | int | bytes | None
Row = tuple[Any, ...]


class Connection(Protocol):
    """A transaction of one tenant: every statement gets `:tenant` from here.

    All verbs raise `StorageError`, and `ValueError` for text with a NUL, which PostgreSQL cannot hold.
    """

    async def query(self, statement: str, /, **values: Value) -> Sequence[Row]:
        """Run a statement whose rows are needed now."""

    async def count(self, statement: str, /, **values: Value) -> int:
        """Run a statement that changes rows, and has no RETURNING; returns how many it did change."""

    async def write(self, statement: str, /, **values: Value) -> object:
        """Run a statement whose result nobody needs: it may travel with the next one, and fail there."""

    async def commit(self) -> None:
        """Make what was done durable and let others write. Raises `StorageError` after a failed statement."""

    async def rollback(self) -> None:
        """Forget what was done since the last commit; never fails."""


def bind(tenant: str, values: dict[str, Value]) -> dict[str, Value]:
    """The values of a statement, with the tenant. Raises ValueError for text that no database should see."""
    for value in values.values():
        if isinstance(value, str) and "\0" in value:
            name = next(name for name, each in values.items() if each is value)
            raise ValueError(f"{name} contains a NUL character, which PostgreSQL cannot hold")
    values["tenant"] = tenant
    return values
