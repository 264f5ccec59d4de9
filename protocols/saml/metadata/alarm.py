"""Tells, in time, that a certificate or the validity of metadata ends: thirty days before, seven, one, and then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from idp.audit import record
from storage import Storage
from storage.service_metadata import PublishedMetadata

DAY_SECONDS: Final = 86400
THRESHOLDS: Final = (0, 1, 7, 30)  # days

log = structlog.get_logger("idp.saml")


@dataclass(frozen=True, slots=True)
class Alarm:
    """What ends when (epoch seconds), of which service."""

    service: str
    what: str
    at: int
    told_days: int | None = None  # what was told last

    def days(self, now: int) -> int:
        """The threshold that was passed last."""
        return next(each for each in THRESHOLDS if self.at - now <= each * DAY_SECONDS)

    def is_news(self, now: int) -> bool:
        return self.told_days is None or self.told_days > self.days(now)


async def find(storage: Storage, tenant: str, services: Collection[str], now: int) -> Sequence[Alarm]:
    """What ends within thirty days, or has ended."""
    async with storage.snapshot(tenant) as tx:
        ending = await tx.service_metadata.list_ending(now + max(THRESHOLDS) * DAY_SECONDS + 1)
    return [_alarm(each) for each in ending if each.service in services]


async def tell(storage: Storage, tenant: str, alarms: Sequence[Alarm], now: int) -> None:
    """Write into log and audit what nobody was told yet; of many nodes, one does."""
    news = [alarm for alarm in alarms if alarm.is_news(now)]
    if not news:
        return
    async with storage.transaction(tenant) as tx:
        for alarm in news:
            days = alarm.days(now)
            if await tx.service_metadata.tell(alarm.service, days):
                log.warning(
                    "metadata.ending", tenant=tenant, service=alarm.service, what=alarm.what, days=days
                )
                await record(
                    tx, "metadata.ending", now, service=alarm.service, what=alarm.what, at=alarm.at, days=days
                )


def _alarm(metadata: PublishedMetadata) -> Alarm:
    return Alarm(metadata.service, metadata.ending, metadata.ends_at or 0, metadata.told_days)
