"""The identity provider itself: all that a door may know of us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from idp.login import Login
from idp.logout.farewell import Farewell, Visited
from idp.monitoring.meter import Meter
from idp.outcome import Accept
from idp.tenant import Tenant
from idp.visit import Visit
from storage import Storage, Transaction
from storage.deliveries import Delivery

Clock = Callable[[], int]


class Door(Protocol):
    """What a door lends to the login pages: how a login that it began goes on."""

    async def resume(self, request: Any, visit: Visit, accept: Accept, /) -> Any:
        """Conclude `accept.resume.request`, in the visit's transaction: an aiohttp response to the service.

        `request` is aiohttp's, for the language and theme of a page that carries the answer.
        """

    def destinations(self, request: Mapping[str, Any], /) -> tuple[str, ...]:
        """Addresses to which the browser goes after the login: what the pages' form-action must allow."""

    async def farewell(self, tx: Transaction, tenant: Tenant, visited: Visited, /) -> Farewell:
        """How a service of ours can be told that the session has ended; not at all if it is gone."""

    async def tell(self, tenant: Tenant, delivery: Delivery, now: int, /) -> None:
        """Tell it, where `farewell` says that we can. Raises `Untold`."""

    def launch(self, tenant: Tenant, service: str, /) -> str | None:
        """Our address at which a login begins that the service did not ask for; None where there is none."""

    def names(self, request: Mapping[str, Any], /) -> Mapping[str, str] | None:
        """What pages call the one who asks, by language; None for the service's own display name."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Shared by all doors of one process."""

    tenants: Mapping[str, Tenant]
    storage: Storage
    login: Login
    clock: Clock
    doors: dict[str, Door] = field(default_factory=dict)  # filled by each door's `setup`
    # What an administrator should see to, as `idp health` shows it, by who says it; one for the whole process.
    notices: dict[str, Sequence[str]] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)  # one for the whole process
