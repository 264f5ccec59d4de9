"""Whether we live and whether we can serve: asked by load balancers, by address and so under any Host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from idp.monitoring.inspection import Found, Inspection
from idp.supervisor.work import Stop
from idp.web.admission import Admission

LIVE_PATH: Final = "/health/live"
READY_PATH: Final = "/health/ready"


@dataclass(frozen=True, slots=True)
class Serving:
    """What is in force, for whoever rolls out a change and waits until it is."""

    configuration: str
    doors: tuple[str, ...]
    revision: int  # 0: the node's own files


class Health:
    """Answers for one process, and for the node as far as its processes know each other."""

    def __init__(
        self,
        inspection: Inspection,
        serving: Serving,
        notices: Mapping[str, Sequence[str]],
        stop: Stop,
        admission: Admission,
    ) -> None:
        """`notices` are what administrators should see to, by who says it; they may change at any time."""
        self._stop = stop
        self.inspection = inspection
        self.serving = serving
        self._notices = notices
        self._admission = admission

    def setup(self, app: web.Application) -> None:
        app.router.add_get(LIVE_PATH, live)
        app.router.add_get(READY_PATH, self.ready)

    async def ready(self, _: web.Request) -> web.Response:
        """GET /health/ready: 200 when we do as well as any; 503 when we cannot use the database, when our clock is not
        the other nodes', and when we are about to end: balancers look elsewhere then, while we still answer.

        Only what another node may do better takes this one out of service: all nodes see the same queues and keys, and
        a load balancer that lost all of them at once for a stuck mail would make an outage of it.
        """
        return self.response(await self.inspection.look())

    def response(self, found: Found, *, reasons: bool = False) -> web.Response:
        """The answer; `reasons`, which name tenants and services, are for a listener that no stranger reaches."""
        is_leaving = self._stop.leaving.is_set()
        body: dict[str, Any] = {
            "status": "leaving" if is_leaving else "ready" if found.is_fit else "unavailable",
            "storage": found.parts.states["storage"],
            "shedding": self._admission.is_shedding,  # no reason to send everybody elsewhere
            "configuration": self.serving.configuration,
            "revision": self.serving.revision or None,
            "doors": self.serving.doors,
            "notices": [words for said in self._notices.values() for words in said],
            "parts": found.parts.states,
        }
        if reasons:
            body["reasons"] = found.parts.reasons
        return _json(200 if found.is_fit and not is_leaving else 503, body)


async def live(_: web.Request) -> web.Response:
    """GET /health/live: the process answers; restarting it would mend nothing."""
    return _json(200, {"status": "live"})


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
