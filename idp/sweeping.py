"""Deletes what has expired, in the background of every process that serves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from idp.audit import record
from idp.background import running
from idp.chain.retention import Retention
from idp.custody.signing import forget, is_over
from idp.leaps import Watch, look
from idp.logout import revocation
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.timekeeping import read
from storage import Storage, StorageError
from storage.clock import SKEW_SECONDS

SECONDS = 60  # from one look to the next, give or take a half: processes should not all look at once
FIRST_SECONDS = 2  # from the start to the first look, likewise: what expired while nobody served goes soon
SLICE = 200  # sessions that end in one transaction

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def sweeping(provider: IdentityProvider) -> AsyncIterator[None]:
    """Sweep while the block runs. An expired row is invalid wherever it lies: this keeps the store small, and waits
    while the clock is in doubt.
    """
    async with running(_sweep(provider)):
        yield


async def _sweep(provider: IdentityProvider) -> None:
    seconds, retention, watch = FIRST_SECONDS, Retention(provider), Watch()
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        seconds = SECONDS
        await sweep_all(provider, retention, watch)


async def sweep_all(provider: IdentityProvider, retention: Retention, watch: Watch) -> None:
    """Once, for all tenants; where the clock is in doubt, nothing. Of the logs nothing goes where it is not the
    database's either: what a wrong one deletes there does not come back.
    """
    try:
        reading = await read(provider)
        # one for all: no session may be swept that was not looked at, and nothing by another than was compared
        now = reading.after if reading else provider.clock()
        has_leapt = watch.has_leapt(now, asyncio.get_running_loop().time())
        theirs = reading.theirs if reading else None
        doubts = await look(provider.storage, provider.tenants, now, theirs, has_leapt=has_leapt)
    except StorageError as error:
        log.warning("storage.sweep.failed", error=str(error))
        return
    except Exception:  # what cannot be swept here must not keep the rest, nor the next time
        log.exception("defect")
        return
    provider.notices["clock/sweep"] = doubts
    logs = None if reading and reading.ahead else retention
    for tenant in provider.tenants.values() if not doubts else ():
        await _sweep_one(provider, tenant, logs, now)


async def _sweep_one(provider: IdentityProvider, tenant: Tenant, logs: Retention | None, now: int) -> None:
    ended = now - SKEW_SECONDS  # so little ahead a clock is not noticed: what it believes to be over stays
    try:
        if tenant.settings.session.expiry_signs_out:
            await sign_out_expired(provider.storage, tenant, now)
        deleted = await provider.storage.sweep(tenant.name, ended)
        await _forget_keys(provider.storage, tenant.name, ended)
        deleted += await logs.keep(tenant, now) if logs else 0
    except StorageError as error:
        log.warning("storage.sweep.failed", tenant=tenant.name, error=str(error))
    except Exception:  # one tenant must not keep the others
        log.exception("defect", tenant=tenant.name)
    else:
        log.debug("storage.swept", tenant=tenant.name, rows=deleted)


async def sign_out_expired(storage: Storage, tenant: Tenant, now: int) -> int:
    """End sessions that are over at the services that they went to, whom the back channel tells soon.

    Returns how many. Each slice is a transaction of its own; of several processes one ends a session.
    """
    doors, idle_since, total = revocation.doors_of(tenant), now - tenant.settings.session.idle_seconds, 0
    while True:
        async with storage.snapshot(tenant.name) as tx:
            over = await tx.sessions.list_over(now, idle_since, SLICE)
        if not over:
            return total
        async with storage.transaction(tenant.name) as tx:
            for session in over:
                reason = "over" if session.expires_at <= now else "idle"
                await revocation.end(tx, doors, session, now, reason=reason)
        total += len(over)


async def _forget_keys(storage: Storage, tenant: str, now: int) -> None:
    """Retired signing keys go when the last token that they signed has ended."""
    async with storage.snapshot(tenant) as tx:
        if not any(is_over(each, now) for each in await tx.signing_keys.list()):
            return
    async with storage.transaction(tenant) as tx:
        for kid in await forget(tx, now):
            await record(tx, "key.deleted", now, kid=kid, reason="no token needs it any more")
