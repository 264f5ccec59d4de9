"""What happened, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from storage.records import AuditRecord


class Audit(Protocol):
    """What happened."""

    async def add(self, record: AuditRecord, personal: Collection[str] = ()) -> None:
        """`personal` names details of a person: they are sealed under his key, as the address is; without a user under
        the day's. Of somebody who was erased neither is kept.
        """

    async def list(
        self, before: str = "", limit: int = 100, *, events: Sequence[str] = (), **equal: str
    ) -> Sequence[AuditRecord]:
        """Newest first; `equal` restricts to user_id, service, event or reference, `events` to any of these."""

    async def attempts(
        self, since: int, until: int, after: str = "", limit: int = 1000
    ) -> Sequence[AuditRecord]:
        """Logins that were let in or denied, oldest first: from `since`, before `until` (epoch seconds), behind the id
        `after`.
        """
