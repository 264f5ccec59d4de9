"""The composition root: a configuration becomes a running server."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from socket import socket

import structlog

import storage
from idp import doors, log
from idp.assembly import client_authorities, open_database, open_provider
from idp.authenticators import Refused
from idp.config import tls
from idp.config.in_force import InForce
from idp.config.mistake import ConfigurationError
from idp.config.revisions import Revisions
from idp.custody.vault import WrongMasterKey
from idp.places import Places
from idp.provider import IdentityProvider
from idp.revisions.inquiry import in_force_at
from idp.revisions.preparing import preload, prepared, zones_of
from idp.revisions.succession import Succession
from idp.supervisor.work import Stop, Unfit
from idp.web import edition, server
from idp.web.admission import Admission
from idp.web.catalogue import CatalogueError
from idp.web.edition import Edition
from idp.web.gate import Gate
from idp.web.pages import Pages
from idp.web.switchboard import Switchboard
from idp.web.theme import ThemeError
from keys.master import MasterKey

logger = structlog.get_logger("idp.app")

Follow = Callable[[IdentityProvider], None]


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
    return Server(in_force, folder, master, pages, count, encrypted, secure, zones)


class Loading:
    """Loads again and again, as the supervisor asks, and takes away what was laid out for those before."""

    def __init__(self, folder: Path, workers: int | None) -> None:
        self._given = folder, workers
        self._loaded: list[InForce] = []

    def __call__(self) -> Server:
        """Raises `Unfit`."""
        loaded = load(*self._given)
        self._loaded.append(loaded.in_force)
        for each in self._loaded[:-2]:  # the workers of the one before are still there
            each.leave()
        del self._loaded[:-2]
        return loaded

    def end(self) -> None:
        """No worker is left."""
        for each in self._loaded:
            each.leave()


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
    zones: dict[str, tzinfo]  # the log's: what a later revision adds is added here

    @property
    def addresses(self) -> tuple[str, ...]:
        listen = self.in_force.configuration.server.listen
        return (listen.http, *dict.fromkeys(chain.from_iterable(listen.of_doors.values())))

    @property
    def drain_seconds(self) -> int:
        return self.in_force.configuration.server.drain_seconds

    async def serve(
        self, sockets: Mapping[str, tuple[socket, ...]], ready: Callable[[], None], stop: Stop
    ) -> None:
        log.settle()
        overload = self.in_force.configuration.server.overload
        gate = Gate(Admission(overload.requests, overload.delay_ms / 1000))
        try:
            async with open_database(self.in_force.configuration.storage_url) as database:
                editions = _Editions(self, database, stop, gate.admission)
                succession = Succession(Revisions(database, self.master), self.home, now, editions.open)
                async with (
                    succession.serving(self.in_force) as first,
                    AsyncExitStack() as listening,
                    gate.watching(),
                ):
                    board = Switchboard(first.line, gate)
                    followers = await self._listen(listening, first.provider, sockets, stop)
                    del first  # it may go when another has come

                    def turn(coming: Edition) -> None:
                        board.turn(coming.line)
                        self.zones.update(zones_of(coming.in_force.configuration))
                        for follow in followers:
                            follow(coming.provider)

                    async with succession.following(turn):
                        http = sockets[self.in_force.configuration.server.listen.http]
                        most = overload.connections
                        await server.serve(board.server(), http, ready, stop, most, self.secure)
        except (storage.StorageError, WrongMasterKey, Refused) as error:
            raise Unfit([str(error)]) from error

    async def _listen(
        self,
        listening: AsyncExitStack,
        provider: IdentityProvider,
        sockets: Mapping[str, tuple[socket, ...]],
        stop: Stop,
    ) -> list[Follow]:
        """Open the doors that are no web pages; returns how each is told of another configuration."""
        server_settings = self.in_force.configuration.server
        open_sockets = {
            setting: [sock for address in addresses for sock in sockets[address]]
            for setting, addresses in server_settings.listen.of_doors.items()
        }
        places = Places(open_sockets, self.tls, stop)
        entered = [
            await listening.enter_async_context(listens(provider, places))
            for name in server_settings.doors
            if (listens := getattr(doors.opening(name), "listening", None))
        ]
        return [follow for follow in entered if follow is not None]


@dataclasses.dataclass(frozen=True, slots=True)
class _Editions:
    """Makes the editions of one process."""

    work: Server
    database: storage.Storage
    stop: Stop
    admission: Admission

    @asynccontextmanager
    async def open(self, in_force: InForce, before: Edition | None) -> AsyncIterator[Edition]:
        """One configuration in service; `before` is the one that serves meanwhile, which must not wait for this."""
        pages = self.work.pages
        if before is not None:
            await asyncio.to_thread(preload, in_force.configuration)
            pages = await asyncio.to_thread(prepared, in_force, before)
        before = None  # else it would be kept for as long as its successor serves
        provider = await open_provider(in_force.configuration, self.database, self.work.master, now)
        if self.work.secure is not None:
            for authorities in await client_authorities(provider):
                tls.believe(self.work.secure, authorities)
        async with edition.opened(in_force, pages, provider, self.stop, self.admission) as opened:
            yield opened


def now() -> int:
    """Epoch seconds: the one place where the program reads the clock."""
    return int(time.time())
