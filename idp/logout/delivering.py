"""Tells services that a session has ended: all at once, and again later whoever could not be reached."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

from idp.audit import record
from idp.background import retry_at, running
from idp.logout.farewell import Untold
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from storage import StorageError, Transaction
from storage.deliveries import Delivery

LIMIT_SECONDS: Final = 5.0  # a person waits for the first attempt
LEASE_SECONDS: Final = 30  # whoever claimed one and is not done by then has died
LOOK_SECONDS: Final = 1.0  # from one look for what is due to the next, give or take a half
FIRST_RETRY_SECONDS: Final = 10
GIVEN_UP_SECONDS: Final = 86400  # by then the longest session of most services is over
BATCH: Final = 8

log = structlog.get_logger("idp.logout")


async def deliver(
    provider: IdentityProvider, tenant: Tenant, deliveries: Sequence[Delivery]
) -> frozenset[str]:
    """Tell them all at once, and write down what came of it; returns the ids of those that were told."""
    if not deliveries:
        return frozenset()
    reasons = await asyncio.gather(*(_attempt(provider, tenant, each) for each in deliveries))
    now = provider.clock()
    async with provider.storage.transaction(tenant.name) as tx:
        for delivery, reason in zip(deliveries, reasons, strict=True):
            await _settle(tx, delivery, reason, now)
    return frozenset(each.id for each, reason in zip(deliveries, reasons, strict=True) if reason is None)


@asynccontextmanager
async def retrying(provider: IdentityProvider) -> AsyncIterator[None]:
    """While the block runs, deliver what is due, whichever node or command wrote it down."""
    async with running(_look(provider)):
        yield


async def _attempt(provider: IdentityProvider, tenant: Tenant, delivery: Delivery) -> str | None:
    """Why it failed, None if it did not."""
    door = provider.doors[delivery.door]
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await door.tell(tenant, delivery, provider.clock())
    except Untold as untold:
        return str(untold)
    except TimeoutError:
        return f"no answer within {LIMIT_SECONDS:.0f} s"
    except StorageError as error:  # for want of the signing key
        return str(error)
    return None


async def _settle(tx: Transaction, delivery: Delivery, reason: str | None, now: int) -> None:
    details: dict[str, Any] = {"sid": delivery.sid, "attempts": delivery.attempts}
    if reason is None:
        event = "logout.done"
        await tx.deliveries.delete(delivery.id)
    elif now - delivery.created_at >= GIVEN_UP_SECONDS:
        event, details["reason"] = "logout.given_up", reason
        await tx.deliveries.delete(delivery.id)
    else:
        event, details["reason"] = "logout.pending", reason
        again = retry_at(delivery.attempts, now, FIRST_RETRY_SECONDS)
        await tx.deliveries.postpone(delivery.id, again, reason)
    await record(tx, event, now, user_id=delivery.user_id, service=delivery.service, **details)


async def _look(provider: IdentityProvider) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        for tenant in provider.tenants.values():
            try:
                while claimed := await _claim(provider, tenant):
                    await deliver(provider, tenant, claimed)
            except StorageError as error:
                log.warning("logout.delivery.failed", tenant=tenant.name, error=str(error))
            except Exception:  # one that cannot be told must not keep the others waiting
                log.exception("defect", tenant=tenant.name)


async def _claim(provider: IdentityProvider, tenant: Tenant) -> list[Delivery]:
    """Some that are due, now ours; those whose service cannot be told any more are closed on the way."""
    now = provider.clock()
    claimed: list[Delivery] = []
    # A snapshot waits for nobody, and mostly finds nothing.
    async with provider.storage.snapshot(tenant.name) as tx:
        if not any(each.due_at <= now for each in await tx.deliveries.list(limit=1)):
            return []
    async with provider.storage.transaction(tenant.name) as tx:
        while len(claimed) < BATCH and (found := await tx.deliveries.claim(now, now + LEASE_SECONDS)):
            door = provider.doors.get(found.door)
            if door is not None and (await door.farewell(tx, tenant, found)).tells:
                claimed.append(found)
                continue
            await tx.deliveries.delete(found.id)
            await record(
                tx, "logout.unsupported", now, user_id=found.user_id, service=found.service, sid=found.sid
            )
    return claimed
