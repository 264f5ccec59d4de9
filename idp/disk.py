"""Whether the database can be used, looked at in the background of every process that serves: health and log say it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from idp.background import running
from idp.provider import IdentityProvider
from storage import StorageError, StorageUnwritable

LOOK_SECONDS: Final = 2.0

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def watching(provider: IdentityProvider) -> AsyncIterator[None]:
    """While the block runs, what keeps the database from being used stands among the notices."""
    async with running(_watch(provider)):
        yield


async def _watch(provider: IdentityProvider) -> None:
    while True:
        before, now = provider.notices.get("storage", ()), await _trouble(provider)
        provider.notices["storage"] = now
        if now and now != before:
            log.error("storage.unwritable", reason=now[0])
        elif before and not now:
            log.warning("storage.writable")
        await asyncio.sleep(LOOK_SECONDS)


async def _trouble(provider: IdentityProvider) -> tuple[str, ...]:
    try:
        await provider.storage.check()
    except StorageUnwritable as error:
        return (str(error),)
    except StorageError:  # it is busy, or away for a moment
        return ()
    except Exception:
        log.exception("defect")
    return ()
