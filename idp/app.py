"""The composition root: a configuration becomes a running server."""

from __future__ import annotations

import dataclasses
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from socket import socket

import structlog

import storage
from idp import doors, log
from idp.assembly import open_database
from idp.authenticators import Refused
from idp.config import tls
from idp.config.in_force import InForce
from idp.config.mistake import ConfigurationError
from idp.config.revisions import Revisions
from idp.custody.vault import WrongMasterKey
from idp.editions import Editions
from idp.monitoring.filed import Filed, of_node
from idp.monitoring.node import Node
from idp.monitoring.noting import Noting
from idp.places import Places
from idp.provider import IdentityProvider
from idp.quorum import name_of
from idp.revisions.inquiry import in_force_at
from idp.revisions.preparing import preload, prepared, zones_of
from idp.revisions.succession import Succession
from idp.supervisor.work import Stop, Unfit
from idp.web import server
from idp.web.admission import Admission
from idp.web.catalogue import CatalogueError
from idp.web.edition import Edition
from idp.web.gate import Gate
from idp.web.pages import Pages
from idp.web.switchboard import Switchboard
from idp.web.theme import ThemeError
from keys.master import MasterKey
from storage.watching import Watched

logger = structlog.get_logger("idp.app")

Follow = Callable[[Edition], None]


def load(folder: Path, workers: int | None = None) -> Server:
    """Read what is in force, the folder or a revision, and import what it opens. Raises `Unfit`.

    `workers` stands before its number.
    """
    try:
        in_force = in_force_at(folder, now)
        configuration = in_force.configuration
        master = configuration.master_key()
        pages = prepared(in_force, None)
        radsec = configuration.server.radsec
        encrypted = tls.context(radsec, folder) if radsec else None
        own = configuration.server.tls
        secure = tls.of_pages(own, folder) if own else None
        filed = of_node(configuration.server, folder)
    except ConfigurationError as error:
        raise Unfit([str(mistake) for mistake in error.mistakes]) from error
    except (ThemeError, CatalogueError, ValueError, OSError) as error:
        raise Unfit([str(error)]) from error
    preload(configuration)
    zones: dict[str, tzinfo] = zones_of(configuration)
    log.configure(configuration.server.log, zones)
    for warning in configuration.warnings:
        logger.warning("configuration.dubious", words=str(warning))
    count = workers or configuration.server.workers
    return Server(in_force, folder, master, pages, count, encrypted, secure, filed, zones)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """`idp.supervisor.work.Work`: made before the fork, served after it."""

    in_force: InForce
    home: Path
    master: MasterKey
    pages: Pages
    workers: int
    tls: ssl.SSLContext | None  # of doors that are no web pages
    secure: ssl.SSLContext | None  # of our pages
    filed: Sequence[Filed]  # the certificates of both
    zones: dict[str, tzinfo]  # the log's: what a later revision adds is added here
    seats: Path | None = None  # where workers lay down what they count

    @property
    def addresses(self) -> tuple[str, ...]:
        listen = self.in_force.configuration.server.listen
        monitoring = (f"tcp:{listen.monitoring}",) if listen.monitoring else ()
        return (listen.http, *monitoring, *dict.fromkeys(chain.from_iterable(listen.of_doors.values())))

    @property
    def drain_seconds(self) -> int:
        return self.in_force.configuration.server.drain_seconds

    async def serve(
        self, sockets: Mapping[str, tuple[socket, ...]], ready: Callable[[], None], stop: Stop
    ) -> None:
        log.settle()
        settings = self.in_force.configuration.server
        overload = settings.overload
        gate = Gate(Admission(overload.requests, overload.delay_ms / 1000), settings.trusted_proxies)
        try:
            node = Node(name_of(self.home), self.workers, now(), gate.admission.load)
            node.filed = self.filed
            async with self._database(node) as database, AsyncExitStack() as held:
                await held.enter_async_context(gate.watching())
                editions = Editions(
                    self.home, self.master, self.pages, self.secure, database, node, stop, gate.admission, now
                )
                succession = Succession(Revisions(database, self.master), self.home, now, editions.open)
                first = await held.enter_async_context(succession.serving(self.in_force))
                board = Switchboard(first.line, gate)
                followers = await self._listen(held, first, sockets, node, stop)
                del first  # it may go when another has come

                def turn(coming: Edition) -> None:
                    board.turn(coming.line)
                    self.zones.update(zones_of(coming.in_force.configuration))
                    for follow in followers:
                        follow(coming)

                async with succession.following(turn):
                    http = sockets[self.in_force.configuration.server.listen.http]
                    most = overload.connections
                    await server.serve(board.server(), http, ready, stop, most, self.secure)
        except (storage.StorageError, WrongMasterKey, Refused) as error:
            raise Unfit([str(error)]) from error

    @asynccontextmanager
    async def _database(self, node: Node) -> AsyncIterator[storage.Storage]:
        """What is done in it is counted, and traced where that is asked for."""
        settings = self.in_force.configuration.server
        async with open_database(self.in_force.configuration.storage_url) as opened:
            watched = Watched(opened, Noting(node.meter))
            if settings.tracing is None:
                yield watched
                return
            from idp.monitoring.otlp import exporting  # noqa: PLC0415  an extra, which only this needs

            async with exporting(settings.tracing, watched) as traced:
                yield traced

    async def _listen(
        self,
        held: AsyncExitStack,
        first: Edition,
        sockets: Mapping[str, tuple[socket, ...]],
        node: Node,
        stop: Stop,
    ) -> list[Follow]:
        """Open what is no web page of a tenant; returns how each is told of another configuration."""
        settings = self.in_force.configuration.server
        open_sockets = {
            setting: [sock for address in addresses for sock in sockets[address]]
            for setting, addresses in settings.listen.of_doors.items()
        }
        places = Places(open_sockets, self.tls, stop, node.doors)
        entered = [
            await held.enter_async_context(listens(first.provider, places))
            for name in settings.doors
            if (listens := getattr(doors.opening(name), "listening", None))
        ]
        followers = [_of_provider(follow) for follow in entered if follow is not None]
        await held.enter_async_context(node.seated(self.seats, first.provider))
        followers.append(_of_provider(node.follow))
        if settings.listen.monitoring:
            from idp.web.monitor import Monitor  # noqa: PLC0415  with its library, which only this needs

            monitor = Monitor(first.health, settings.storage.partition(":")[0])
            await held.enter_async_context(monitor.listening(sockets[f"tcp:{settings.listen.monitoring}"]))
            followers.append(lambda coming: monitor.follow(coming.health))
        return followers


def _of_provider(follow: Callable[[IdentityProvider], None]) -> Follow:
    return lambda coming: follow(coming.provider)


def now() -> int:
    """Epoch seconds: the one place where the program reads the clock."""
    return int(time.time())
