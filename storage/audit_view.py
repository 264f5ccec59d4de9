"""The audit log as administrators look at it, and the promises every backend keeps; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from storage.records import AuditRecord

# How logins end; the index of `audit_of_logins` is of these.
LOGINS: Final = ("login.accepted", "login.denied", "login.refused", "proof.refused", "proof.locked")
WINDOW: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which logins are looked for; what is empty is any."""

    user_id: str = ""
    service: str = ""
    event: str = ""
    door: str = ""
    rule: str = ""
    since: int = 0  # epoch seconds


class Looked(NamedTuple):
    """What was found, newest first, and before which id one goes on; empty: there is nothing more."""

    records: Sequence[AuditRecord]
    next: str


class AuditView(Protocol):
    """Newest first; an id of a record says where one goes on."""

    async def logins(self, sought: Sought, before: str, limit: int, window: int = WINDOW) -> Looked:
        """How logins before the id `before` ended. Not more than `window` records are looked at, so that what is rare
        is found step by step.
        """

    async def applied(self, before: str = "", limit: int = 100) -> Sequence[AuditRecord]:
        """Which configurations were applied, newest first."""
