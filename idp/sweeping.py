"""Deletes what has expired, in the background of every process that serves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from idp.provider import IdentityProvider
from storage import StorageError

SECONDS = 60  # from one look to the next, give or take a half: processes should not all look at once

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
    while True:
        await asyncio.sleep(SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        for tenant in provider.tenants:
            try:
                deleted = await provider.storage.sweep(tenant, provider.clock())
            except StorageError as error:
                log.warning("storage.sweep.failed", tenant=tenant, error=str(error))
            else:
                log.debug("storage.swept", tenant=tenant, rows=deleted)
