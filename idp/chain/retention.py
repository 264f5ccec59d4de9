"""What is too old is deleted from behind, and a signed statement says so: the rest stays provable."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from idp.audit import record
from idp.chain import statement
from idp.chain.linking import LEASE_SECONDS, POINT_SECONDS, holder_name
from idp.chain.own_keys import ready_keys
from idp.chain.reading import points
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from keys.jws import InvalidToken
from storage import Transaction
from storage.chain import Checkpoint
from storage.person_keys import DAY_SECONDS, owner_of

WORK: Final = "prune"
SLICE: Final = 500  # rows deleted in one transaction


def kept_since(now: int, zone: ZoneInfo, days: int) -> int:
    """What happened before that (epoch seconds) is not kept: `days` are counted from the day after, in the zone."""
    first = datetime.fromtimestamp(now, zone).date() - timedelta(days)
    return int(datetime.combine(first, time(), zone).timestamp())


class Retention:
    """All tenants' logs, as one process looks after them: once a day, and after its start."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._done: dict[str, date] = {}
        self._holder = holder_name()

    async def keep(self, tenant: Tenant, now: int) -> int:
        """Returns how many records were deleted. Whether `now` can be believed the caller has seen."""
        today = datetime.fromtimestamp(now, tenant.zone).date()
        if self._done.get(tenant.name) == today:
            return 0
        end = await self._too_old(tenant, now)
        async with self._provider.storage.transaction(tenant.name) as tx:
            if await tx.audit_turns.claim(WORK, self._holder, now, now + LEASE_SECONDS) is None:
                return 0
            await _turn_day_keys(tx, tenant, now)
            if end is not None:
                await _prune(tx, tenant, end, now)
        deleted = await self._delete(tenant)
        self._done[tenant.name] = today
        return deleted

    async def _too_old(self, tenant: Tenant, now: int) -> Checkpoint | None:
        """The last checkpoint of which nothing is kept, and that was not pruned already."""
        since, found = kept_since(now, tenant.zone, tenant.settings.audit.days), None
        async with self._provider.storage.snapshot(tenant.name) as tx:
            async for point in points(tx):
                if point.created_at + POINT_SECONDS >= since:
                    break
                found = point if point.digests else None
                await asyncio.sleep(0)  # there may be many, and others want to be served meanwhile
        return found

    async def _delete(self, tenant: Tenant) -> int:
        """What the statement says is deleted. Whoever dies here leaves the rest to the next."""
        async with self._provider.storage.snapshot(tenant.name) as tx:
            oldest = await tx.audit_chain.checkpoints(0, 1)
        if not oldest or oldest[0].digests:
            return 0
        total = 0
        while True:
            async with self._provider.storage.transaction(tenant.name) as tx:
                count = await tx.audit_chain.delete(oldest[0].last_seq, SLICE)
                forgotten = await tx.person_keys.delete_forgotten(SLICE) if total and not count else 0
            total += count
            if not count and not forgotten:
                return total


async def _turn_day_keys(tx: Transaction, tenant: Tenant, now: int) -> None:
    """Keys of days long gone are destroyed, and those of today and tomorrow lie ready."""
    await tx.person_keys.delete_days(kept_since(now, tenant.zone, tenant.settings.audit.unknown_days))
    for at in (now, now + DAY_SECONDS):
        await tx.person_keys.find_or_add(owner_of(None, at), now)


async def _prune(tx: Transaction, tenant: Tenant, end: Checkpoint, now: int) -> None:
    """The last checkpoint of what is too old becomes the statement that all up to it was deleted."""
    keys = await ready_keys(tx, tenant.vault, now)
    (oldest,) = await tx.audit_chain.checkpoints(0, 1)
    try:
        said = statement.read(end.statement, {key.kid: key for key in keys}.get)
    except InvalidToken:  # it stays, for the verifier to find
        return
    since = kept_since(now, tenant.zone, tenant.settings.audit.days)
    # Only what was signed counts: who could make a checkpoint look older would have us sign that its records may go.
    if said.is_pruned or said.at >= since or (said.number, said.last) != (end.number, end.last_seq):
        return
    if oldest.number > end.number or not (oldest.digests or oldest.number < end.number):
        return  # another node was faster
    pruned = replace(said, at=now, older_than=since)
    await tx.audit_chain.put(statement.checkpoint(keys[-1], pruned, b"", end.created_at))
    await tx.audit_chain.cut(end.number)
    begin = oldest.first_seq if oldest.digests else oldest.last_seq + 1
    records = end.last_seq - begin + 1
    await record(tx, "audit.pruned", now, records=records, last_seq=end.last_seq, before=since)
