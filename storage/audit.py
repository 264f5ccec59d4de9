"""What happened, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.records import AuditRecord


class Audit(Protocol):
    """What happened."""

    async def add(self, record: AuditRecord) -> None: ...
    async def list(
        self, before: str = "", limit: int = 100, *, events: Sequence[str] = (), **equal: str
    ) -> Sequence[AuditRecord]:
        """Newest first; `equal` restricts to user_id, service, event or reference, `events` to any of these."""
