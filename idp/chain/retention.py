"""What is too old is deleted from behind, and a signed statement says so: the rest stays provable."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from idp.audit import record
from idp.chain import statement
from idp.chain.linking import LEASE_SECONDS, holder_name
from idp.chain.reading import points
from idp.chain.statement import Statement
from idp.derivation import ready_key
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from keys.jws import InvalidToken, SigningKey
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

    async def keep(self, tenant: Tenant) -> int:
        """Returns how many records were deleted."""
        now = self._provider.clock()
        today = datetime.fromtimestamp(now, tenant.zone).date()
        if self._done.get(tenant.name) == today:
            return 0
        async with self._provider.storage.transaction(tenant.name) as tx:
            if await tx.audit_turns.claim(WORK, self._holder, now, now + LEASE_SECONDS) is None:
                return 0
            await _turn_day_keys(tx, tenant, now)
            await _prune(tx, tenant, now)
        deleted = await self._delete(tenant)
        self._done[tenant.name] = today
        return deleted

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


async def _prune(tx: Transaction, tenant: Tenant, now: int) -> None:
    """The last checkpoint of what is too old becomes the statement that all up to it was deleted."""
    since = kept_since(now, tenant.zone, tenant.settings.audit.days)
    oldest = await tx.audit_chain.checkpoints(0, 1)
    if not oldest or oldest[0].created_at >= since:
        return
    key = statement.signing_key(await ready_key(tx, tenant.vault, statement.PURPOSE, now))
    found, records = None, 0
    async for point in points(tx):
        said = _read(key, point)
        if said is None or (said.at >= since and not said.is_pruned):
            break
        records += 0 if said.is_pruned else said.last - said.first + 1
        found = point, said
    if found is not None and not found[1].is_pruned:
        await _state(tx, key, *found, since, now)
        last = found[1].last
        await record(tx, "audit.pruned", now, records=records, last_seq=last, before=since)


async def _state(
    tx: Transaction, key: SigningKey, point: Checkpoint, said: Statement, since: int, now: int
) -> None:
    named = Statement(said.tenant, said.number, said.first, said.last, said.before, said.head, now, since)
    await tx.audit_chain.put(statement.checkpoint(key, named, b"", point.created_at))
    await tx.audit_chain.cut(point.number)


def _read(key: SigningKey, point: Checkpoint) -> Statement | None:
    """None for a checkpoint that was altered: it stays, for the verifier to find."""
    try:
        return statement.read(point.statement, {key.kid: key}.get)
    except InvalidToken:
        return None
