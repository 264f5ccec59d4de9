"""The role by which we enter PostgreSQL: whether row-level security holds for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

# Both pass by every policy, FORCE ROW LEVEL SECURITY or not (PostgreSQL manual, 5.9).
ROLE = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


class Reads(Protocol):
    """What a backend lends."""

    async def query(self, statement: str, /, **values: Any) -> Sequence[tuple[Any, ...]]: ...


async def warnings(reads: Reads) -> list[str]:
    """What weakens the second fence between tenants, in words for the administrator; empty if nothing does."""
    (name, is_super, passes_by), *_ = await reads.query(ROLE)
    if not (is_super or passes_by):
        return []
    may = "is a superuser" if is_super else "has BYPASSRLS"
    return [f"PostgreSQL: role {name} {may}, so row-level security is no fence between tenants: use another"]
