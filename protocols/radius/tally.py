"""What was dropped, counted: a line for each packet would let strangers fill the disk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

from idp.audit import record
from idp.background import running
from idp.monitoring import table as metrics
from idp.monitoring.meter import Meter
from idp.provider import IdentityProvider
from protocols.radius.clients import NAS
from storage import StorageError

SECONDS: Final = 60
MOST_STRANGERS: Final = 1000  # addresses named in one line's count; the rest is counted together
SHOWN: Final = 10
# What is written down of packets, and what `idp radius nas` counts.
DROPPED, UNSIGNED, STRANGERS = "radius.dropped", "radius.unsigned", "radius.strangers"

log = structlog.get_logger("radius")


class Tally:
    """Of one process, from one minute to the next."""

    def __init__(self, owner: str | None, meter: Meter) -> None:
        """`owner` is the tenant of all NASes; None where several have some: whose is a stranger then?"""
        self.owner = owner
        self._meter = meter
        self._strangers: Counter[str] = Counter()
        self._dropped: Counter[tuple[str, str, str]] = Counter()  # tenant, service, reason
        self._unsigned: Counter[tuple[str, str]] = Counter()  # tenant, service

    def stranger(self, address: str) -> None:
        """A packet from where no NAS is."""
        known = address in self._strangers or len(self._strangers) < MOST_STRANGERS
        self._strangers[address if known else "others"] += 1
        self._meter.count(metrics.DROPPED, self.owner or "", "", "stranger")

    def dropped(self, nas: NAS, reason: str) -> None:
        self._dropped[nas.tenant.name, nas.service, reason] += 1
        kind = reason.partition(":")[0]  # what follows may be of the packet
        self._meter.count(metrics.DROPPED, nas.tenant.name, nas.service, kind)

    def unsigned(self, nas: NAS) -> None:
        """A request without Message-Authenticator that was answered, since its NAS is excepted."""
        self._unsigned[nas.tenant.name, nas.service] += 1
        self._meter.count(metrics.UNSIGNED, nas.tenant.name, nas.service)

    def repeated(self, nas: NAS) -> None:
        """A request that was heard before; it is answered as it was."""
        self._meter.count(metrics.REPEATED, nas.tenant.name, nas.service)

    async def settle(self, provider: IdentityProvider) -> None:
        """Write the counts down, as log lines and as audit events of the NAS's tenant."""
        strangers, self._strangers = self._strangers, Counter()
        dropped, self._dropped = self._dropped, Counter()
        unsigned, self._unsigned = self._unsigned, Counter()
        if strangers:
            told: dict[str, Any] = {
                "packets": strangers.total(),
                "addresses": dict(strangers.most_common(SHOWN)),
            }
            log.warning(STRANGERS, **told)
            if self.owner is not None:
                await _record(provider, self.owner, STRANGERS, "", **told)
        for (tenant, service, reason), packets in dropped.items():
            log.warning(DROPPED, tenant=tenant, service=service, reason=reason, packets=packets)
            await _record(provider, tenant, DROPPED, service, packets=packets, reason=reason)
        for (tenant, service), packets in unsigned.items():
            await _record(provider, tenant, UNSIGNED, service, packets=packets)


@asynccontextmanager
async def tallying(provider: IdentityProvider) -> AsyncIterator[Tally]:
    """A tally that is settled every minute, and at the end of the block."""
    tally = Tally(owner(provider), provider.meter)
    try:
        async with running(_every_minute(tally, provider)):
            yield tally
    finally:
        await tally.settle(provider)


def owner(provider: IdentityProvider) -> str | None:
    """The tenant of all NASes, if there is one such."""
    owners = [
        name
        for name, tenant in provider.tenants.items()
        if any("radius" in service.doors for service in tenant.services.values())
    ]
    return owners[0] if len(owners) == 1 else None


async def _every_minute(tally: Tally, provider: IdentityProvider) -> None:
    while True:
        await asyncio.sleep(SECONDS)
        await tally.settle(provider)


async def _record(provider: IdentityProvider, tenant: str, event: str, service: str, **details: Any) -> None:
    try:
        async with provider.storage.transaction(tenant) as tx:
            await record(tx, event, provider.clock(), service=service, **details)
    except StorageError as error:
        log.error("radius.uncounted", tenant=tenant, service=service, error=str(error), **details)
