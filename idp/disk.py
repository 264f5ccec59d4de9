"""Whether the database can be used, looked at in the background of every process that serves: health and log say it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from idp.background import running
from idp.monitoring.parts import STALLED
from idp.provider import IdentityProvider
from storage import StorageError, StorageUnwritable

LOOK_SECONDS: Final = 2.0
UNWRITABLE: Final = "storage"

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def watching(provider: IdentityProvider) -> AsyncIterator[None]:
    """While the block runs, what keeps the database from being used stands among the notices."""
    async with running(_watch(provider)):
        yield


async def _watch(provider: IdentityProvider) -> None:
    while True:
        for source, now in (await _looked(provider)).items():
            before, provider.notices[source] = provider.notices.get(source, ()), now
            if now and now != before:
                log.error("storage.unwritable", reason=now[0])
            elif before and not now:
                log.warning("storage.writable")
        await asyncio.sleep(LOOK_SECONDS)


async def _looked(provider: IdentityProvider) -> Mapping[str, Sequence[str]]:
    """What keeps this node from using it, and what keeps every node from writing."""
    unwritable, stalled = "", ""
    try:
        await provider.storage.check()
        stalled = await provider.storage.stalled()
    except StorageUnwritable as error:
        unwritable = str(error)
    except StorageError:  # it is busy, or away for a moment
        pass
    except Exception:
        log.exception("defect")
    return {
        source: (said,) if said else () for source, said in ((UNWRITABLE, unwritable), (STALLED, stalled))
    }
