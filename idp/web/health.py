"""Whether we live and whether we can serve: asked by load balancers, by address and so under any Host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import web

from idp.supervisor.work import Stop
from idp.web.admission import Admission
from storage import Storage, StorageError

LIVE_PATH: Final = "/health/live"
READY_PATH: Final = "/health/ready"
CHECK_SECONDS: Final = 2.0
KEPT_SECONDS: Final = 1.0  # however often one is asked, the database is not asked more often


@dataclass(frozen=True, slots=True)
class Serving:
    """What is in force, for whoever rolls out a change and waits until it is."""

    configuration: str
    doors: tuple[str, ...]
    revision: int  # 0: the node's own files


class Health:
    """Answers for one process."""

    def __init__(
        self,
        storage: Storage,
        serving: Serving,
        notices: Mapping[str, Sequence[str]],
        stop: Stop,
        admission: Admission,
    ) -> None:
        """`notices` are what administrators should see to, by who says it; they may change at any time."""
        self._stop = stop
        self._storage = storage
        self._serving = serving
        self._notices = notices
        self._admission = admission
        self._checking: asyncio.Task[bool] | None = None
        self._checked_at = 0.0

    def setup(self, app: web.Application) -> None:
        app.router.add_get(LIVE_PATH, self.live)
        app.router.add_get(READY_PATH, self.ready)

    async def live(self, _: web.Request) -> web.Response:
        """GET /health/live: the process answers; restarting it would mend nothing."""
        return _json(200, {"status": "live"})

    async def ready(self, _: web.Request) -> web.Response:
        """GET /health/ready: 200 when logins work; 503 when the database does not answer in time, and when we are about
        to end: balancers look elsewhere then, while we still answer.
        """
        is_well = await self._storage_is_well(asyncio.get_running_loop().time)
        is_leaving = self._stop.leaving.is_set()
        body = {
            "status": "leaving" if is_leaving else "ready" if is_well else "unavailable",
            "storage": "ok" if is_well else "failed",
            "shedding": self._admission.is_shedding,  # no reason to send everybody elsewhere
            "configuration": self._serving.configuration,
            "revision": self._serving.revision or None,
            "doors": self._serving.doors,
            "notices": [words for said in self._notices.values() for words in said],
        }
        return _json(200 if is_well and not is_leaving else 503, body)

    async def _storage_is_well(self, monotonic: Callable[[], float]) -> bool:
        """All who ask within a second share one check."""
        if self._checking is None or monotonic() - self._checked_at > KEPT_SECONDS:
            self._checked_at = monotonic()
            self._checking = asyncio.create_task(self._check())
        return await asyncio.shield(self._checking)

    async def _check(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._storage.check()
        except (StorageError, TimeoutError):
            return False
        return True


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
