"""The composition root: a configuration becomes a running server."""

from __future__ import annotations

import dataclasses
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path
from socket import socket
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

import storage
from idp import doors, log
from idp.assembly import open_provider
from idp.authenticators import Refused
from idp.chain.linking import linking
from idp.chain.streaming import streaming
from idp.config import tls
from idp.config.configuration import Configuration
from idp.config.load import load as read_configuration
from idp.config.mistake import ConfigurationError
from idp.config.revision import revision
from idp.delivering import retrying
from idp.mail.posting import posting
from idp.places import Places
from idp.provider import IdentityProvider
from idp.supervisor.work import Stop, Unfit
from idp.sweeping import sweeping
from idp.vault import WrongMasterKey
from idp.web import routes, server
from idp.web.boundary import Boundary
from idp.web.catalogue import CatalogueError
from idp.web.directory import Directory
from idp.web.exchange import CERTIFICATE_HEADER, PAGES, PREFIX, PROVIDER, TRUSTED
from idp.web.health import Health, Serving
from idp.web.letters import Letters
from idp.web.pages import Pages
from idp.web.theme import ThemeError
from keys.master import MasterKey

logger = structlog.get_logger("idp.app")


def load(folder: Path, workers: int | None = None) -> Server:
    """Read the folder and import what it opens; `workers` stands before its number. Raises `Unfit`."""
    try:
        configuration = read_configuration(folder)
        master = configuration.master_key()
        pages = Pages(configuration.themes_folder)
        for tenant in configuration.tenants:
            pages.prepare(tenant.settings.theme, tenant.settings.locales)
        radsec = configuration.server.radsec
        encrypted = tls.context(radsec, folder) if radsec else None
        serving = Serving(revision(folder), configuration.server.doors)
    except ConfigurationError as error:
        raise Unfit([str(mistake) for mistake in error.mistakes]) from error
    except (ThemeError, CatalogueError, ValueError, OSError) as error:
        raise Unfit([str(error)]) from error
    preload(configuration)
    zones = {tenant.name: ZoneInfo(tenant.settings.time_zone) for tenant in configuration.tenants}
    log.configure(configuration.server.log, zones)
    for warning in configuration.warnings:
        logger.warning("configuration.dubious", words=str(warning))
    return Server(configuration, serving, master, pages, workers or configuration.server.workers, encrypted)


def preload(configuration: Configuration) -> None:
    """Import what the workers need, once for all of them; what is not opened is not imported."""
    storage.preload(configuration.storage_url)
    for name in configuration.server.doors:
        doors.opening(name)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """`idp.supervisor.work.Work`: made before the fork, served after it."""

    configuration: Configuration
    serving: Serving
    master: MasterKey
    pages: Pages
    workers: int
    tls: ssl.SSLContext | None

    @property
    def addresses(self) -> tuple[str, ...]:
        listen = self.configuration.server.listen
        return (listen.http, *dict.fromkeys(chain.from_iterable(listen.of_doors.values())))

    async def serve(
        self, sockets: Mapping[str, tuple[socket, ...]], ready: Callable[[], None], stop: Stop
    ) -> None:
        log.settle()
        try:
            async with (
                open_provider(self.configuration, self.master, now) as provider,
                sweeping(provider),
                posting(provider, Letters(self.pages)),
                linking(provider, self.configuration.audit_anchor),
                streaming(provider),
                AsyncExitStack() as listening,
            ):
                pages = await self._application(provider)
                listen = self.configuration.server.listen
                open_sockets = {
                    setting: [sock for address in addresses for sock in sockets[address]]
                    for setting, addresses in listen.of_doors.items()
                }
                places = Places(open_sockets, self.tls, stop)
                for name in self.serving.doors:
                    if listens := getattr(doors.opening(name), "listening", None):
                        await listening.enter_async_context(listens(provider, places))
                await server.serve(pages, sockets[listen.http], ready, stop)
        except (storage.StorageError, WrongMasterKey, Refused) as error:
            raise Unfit([str(error)]) from error

    async def _application(self, provider: IdentityProvider) -> web.Application:
        """The root application, and below it one for each path prefix, with the tenants that live there."""
        directory = Directory(provider.tenants.values())
        boundary = Boundary(directory, provider.clock, self.configuration.server.trusted_proxies)
        root = web.Application(middlewares=[boundary.cross], client_max_size=server.BODY_BYTES)
        Health(provider.storage, self.serving, provider.notices).setup(root)
        for prefix in sorted({"", *directory.prefixes()}):
            app = web.Application() if prefix else root
            await self._furnish(app, provider, prefix)
            if prefix:
                root.add_subapp(prefix, app)
        return root

    async def _furnish(self, app: web.Application, provider: IdentityProvider, prefix: str) -> None:
        tenants = {name: tenant for name, tenant in provider.tenants.items() if tenant.prefix == prefix}
        here = dataclasses.replace(provider, tenants=tenants, doors={})
        app[PREFIX], app[PROVIDER], app[PAGES] = prefix, here, self.pages
        app[TRUSTED] = self.configuration.server.trusted_proxies
        app[CERTIFICATE_HEADER] = self.configuration.server.client_certificate_header
        routes.setup(app, here)
        for name in self.serving.doors:
            await doors.opening(name).setup(app, here)
        app.cleanup_ctx.append(lambda _: retrying(here))


def now() -> int:
    """Epoch seconds: the one place where the program reads the clock."""
    return int(time.time())
