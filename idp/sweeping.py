"""Deletes what has expired, in the background of every process that serves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from idp.audit import record
from idp.provider import IdentityProvider
from idp.signing import forget, is_over
from storage import StorageError

SECONDS = 60  # from one look to the next, give or take a half: processes should not all look at once
FIRST_SECONDS = 2  # from the start to the first look, likewise: what expired while nobody served goes soon

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def sweeping(provider: IdentityProvider) -> AsyncIterator[None]:
    """Sweep while the block runs. An expired row is invalid wherever it lies: this keeps the store small."""
    task = asyncio.create_task(_sweep(provider))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _sweep(provider: IdentityProvider) -> None:
    seconds = FIRST_SECONDS
    while True:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        seconds = SECONDS
        for tenant in provider.tenants:
            try:
                deleted = await provider.storage.sweep(tenant, provider.clock())
                await _forget_keys(provider, tenant)
            except StorageError as error:
                log.warning("storage.sweep.failed", tenant=tenant, error=str(error))
            else:
                log.debug("storage.swept", tenant=tenant, rows=deleted)


async def _forget_keys(provider: IdentityProvider, tenant: str) -> None:
    """Retired signing keys go when the last token that they signed has ended."""
    now = provider.clock()
    async with provider.storage.snapshot(tenant) as tx:
        if not any(is_over(each, now) for each in await tx.signing_keys.list()):
            return
    async with provider.storage.transaction(tenant) as tx:
        for kid in await forget(tx, now):
            await record(tx, "key.deleted", now, kid=kid, reason="no token needs it any more")
