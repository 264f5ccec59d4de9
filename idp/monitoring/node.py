"""One process of a node: what it has counted, how its own parts stand, and where it lays that down for the others."""

from __future__ import annotations

import asyncio
import dataclasses
import resource
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import structlog

from idp.background import died, running
from idp.monitoring.filed import Certified, Filed
from idp.monitoring.meter import Meter
from idp.monitoring.parts import DEGRADED, FAILED, OK
from idp.monitoring.seats import Seat, Told
from idp.provider import IdentityProvider
from idp.web.admission import Load

LAY_SECONDS: Final = 1.0  # so much a process that is killed takes with it
STATM: Final = Path("/proc/self/statm")

log = structlog.get_logger("idp.monitoring")

Live = dict[str, Any]


class Node:
    """Shared by all configurations that the process serves one after the other."""

    def __init__(self, name: str, workers: int, begun_at: int, load: Callable[[], Load]) -> None:
        """`workers` is how many there should be; `begun_at` when this one began to serve (epoch seconds)."""
        self.name = name  # by which other nodes know it
        self.filed: Sequence[Filed] = ()  # the certificates of those who listen
        self._load = load
        self.meter = Meter()
        self.doors: dict[str, Callable[[], str]] = {}  # how those stand that are no web pages
        self._provider: IdentityProvider | None = None  # that serves now
        self._wanted = workers
        self._begun_at = begun_at
        self._seat: Seat | None = None

    def certificates(self, now: int) -> Sequence[Certified]:
        """When those end by which we are known where we listen, and of those whom we know there."""
        return [each.certified(now) for each in self.filed]

    @property
    def workers(self) -> int:
        """How many processes should be known of: this one alone, where nobody lays down how he stands."""
        return self._wanted if self._seat is not None else 1

    @asynccontextmanager
    async def seated(self, folder: Path | None, provider: IdentityProvider) -> AsyncIterator[None]:
        """While the block runs, lay down what was counted for whoever is asked for it; without a folder, nowhere."""
        self._provider = provider
        if folder is None:
            yield
            return
        self._seat = Seat.take(folder)
        self._seat.inherit(self.meter)
        self.lay_down()
        try:
            async with running(self._repeat()):
                yield
        finally:
            self.lay_down()

    def follow(self, coming: IdentityProvider) -> None:
        """Another configuration is in force."""
        self._provider = coming

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(LAY_SECONDS)
            self.lay_down()

    def lay_down(self) -> None:
        """A full disk must not end what serves: then the numbers stand still."""
        if self._seat is not None:
            try:
                self._seat.lay_down(self.meter, self.live())
            except OSError as error:
                log.warning("metrics.stale", error=str(error))

    def live(self) -> Live:
        """How this process stands, in words and numbers that JSON holds."""
        provider, used = self._provider, resource.getrusage(resource.RUSAGE_SELF)
        return {
            "doors": {name: state() for name, state in self.doors.items()},
            "directories": _directories(provider),
            "died": list(died()),
            "notices": {name: list(said) for name, said in provider.notices.items()} if provider else {},
            "load": dataclasses.asdict(self._load()),
            "storage": dict(provider.storage.figures()) if provider else {},
            "begun_at": self._begun_at,
            "memory_bytes": _resident_bytes(),
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }

    async def everybody(self) -> Sequence[Told]:
        """All processes of the node, this one as it stands now; alone where nothing is laid down."""
        if self._seat is None:
            return [Told(0, self.meter, self.live())]
        self.lay_down()
        return await asyncio.to_thread(lambda seat: list(seat.all()), self._seat)


def _resident_bytes() -> int:
    """Now; where the kernel does not tell that, the most there was."""
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _directories(provider: IdentityProvider | None) -> Mapping[str, str]:
    """By tenant and domain: ok, or how many of a directory's servers did not answer lately."""
    found: dict[str, str] = {}
    for tenant in provider.tenants.values() if provider else ():
        for authenticator in tenant.authenticators.values():
            for domain, silent, servers in getattr(authenticator, "directories", lambda: ())():
                state = OK if not silent else DEGRADED if silent < servers else FAILED
                found[f"{tenant.name}/{domain}"] = state
    return found
