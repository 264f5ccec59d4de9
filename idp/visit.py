"""One visit: what every step of a login works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from idp.audit import record
from idp.authenticators.matrix.present import Present
from idp.caller import Caller
from idp.tenant import Tenant
from storage import Transaction
from storage.known_devices import KnownDevice
from storage.quick import quick
from storage.records import User


@quick
@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody is at the door of a tenant, now (epoch seconds), inside a transaction that the door opened."""

    tx: Transaction
    tenant: Tenant
    caller: Caller
    now: int
    details: Mapping[str, object] = field(default_factory=dict)  # of the door's, for every event
    # What `idp.flow.known_devices` found out about the caller's browser, by user: several steps ask for it.
    devices: dict[str, KnownDevice | None] = field(default_factory=dict)
    # Budgets that `idp.flow.guess` found with nothing else counted and took away: the end of the login need not.
    forgiven: set[str] = field(default_factory=set)
    # Patterns along which an answer was just read, by user: none is opened twice.
    patterns: dict[str, Present] = field(default_factory=dict)

    async def user(self, user_id: str | None) -> User | None:
        """The user unless unknown or disabled. It asks the database in either case, so that both cost alike."""
        user = await self.tx.users.find(user_id or "")
        return None if user is None or user.disabled_at is not None else user

    async def record(self, event: str, *, user_id: str | None, service: str, **details: object) -> str:
        """Write an audit event with whence the caller comes and his request; returns its reference."""
        return await record(
            self.tx,
            event,
            self.now,
            user_id=user_id,
            service=service,
            address=self.caller.whence,
            request_id=self.caller.request_id,
            **{**self.details, **details},
        )
