"""One configuration in service: its tenants, their pages and doors, and what is done in the background for them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web, web_app

from idp import doors
from idp.chain.linking import linking
from idp.chain.streaming import streaming
from idp.config.in_force import InForce
from idp.disk import watching
from idp.logout.delivering import retrying
from idp.mail.posting import posting
from idp.monitoring.inspection import Inspection
from idp.monitoring.node import Node
from idp.provider import IdentityProvider
from idp.revisions.archive import Archive
from idp.supervisor.work import Stop
from idp.sweeping import sweeping
from idp.timekeeping import comparing
from idp.web import routes, server
from idp.web.admission import Admission
from idp.web.boundary import Boundary
from idp.web.directory import Directory
from idp.web.exchange import ARCHIVE, CERTIFICATE_HEADER, PAGES, PREFIX, PROVIDER, TRUSTED
from idp.web.gate import BODY_BYTES
from idp.web.health import Health, Serving
from idp.web.letters import Letters
from idp.web.pages import Pages
from idp.web.switchboard import Line


@dataclasses.dataclass(frozen=True, slots=True)
class Edition:
    """What a process serves at a time."""

    in_force: InForce
    pages: Pages
    provider: IdentityProvider
    line: Line
    health: Health

    def notice(self, words: Sequence[str]) -> None:
        """What an administrator should see to in this configuration, in place of what was said before."""
        self.provider.notices["revision"] = words


@asynccontextmanager
async def opened(
    archive: Archive,
    pages: Pages,
    provider: IdentityProvider,
    node: Node,
    stop: Stop,
    admission: Admission,
) -> AsyncIterator[Edition]:
    """In service what `archive` says is in force, while the block runs; at its end it finishes what was begun."""
    in_force = archive.in_force
    settings = in_force.configuration.server
    serving = Serving(in_force.name, settings.doors, in_force.number)
    inspection = Inspection(provider, node, settings.doors)
    health = Health(inspection, serving, provider.notices, stop, admission)
    app = await _Rooms(archive, pages, provider, health).application()
    app.on_response_prepare.append(server.finishing(stop))
    runner = web.AppRunner(app)
    async with (
        watching(provider),
        comparing(provider, node.name),
        sweeping(provider),
        posting(provider, Letters(pages)),
        linking(provider, in_force.configuration.audit_anchor),
        streaming(provider),
    ):
        await runner.setup()
        try:
            assert runner.server is not None
            line = Line(runner.server, _beginnings(in_force))
            yield Edition(in_force, pages, provider, line, health)
            await line.finish()
        finally:
            await runner.cleanup()
            # The library remembers the applications of the last 1024 handlers, and with them all that they know.
            web_app._cached_build_middleware.cache_clear()
            await _close(provider)


def _beginnings(in_force: InForce) -> tuple[str, ...]:
    """The paths at which logins begin, as the doors say."""
    opened = map(doors.opening, in_force.configuration.server.doors)
    return tuple(path for door in opened for path in getattr(door, "BEGINNINGS", ()))


async def _close(provider: IdentityProvider) -> None:
    """End what authenticators keep open: a directory's connections live in processes of their own."""
    for tenant in provider.tenants.values():
        for authenticator in tenant.authenticators.values():
            if close := getattr(authenticator, "close", None):
                await close()


@dataclasses.dataclass(frozen=True, slots=True)
class _Rooms:
    """Builds the applications."""

    archive: Archive
    pages: Pages
    provider: IdentityProvider
    health: Health

    @property
    def in_force(self) -> InForce:
        """The configuration."""
        return self.archive.in_force

    async def application(self) -> web.Application:
        """The root application, and below it one for each path prefix, with the tenants that live there."""
        provider, settings = self.provider, self.in_force.configuration.server
        directory = Directory(provider.tenants.values())
        boundary = Boundary(directory, provider.clock, settings.trusted_proxies, provider.meter)
        root = web.Application(middlewares=[boundary.cross], client_max_size=BODY_BYTES)
        self.health.setup(root)
        for prefix in sorted({"", *directory.prefixes()}):
            app = web.Application() if prefix else root
            await self._furnish(app, prefix)
            if prefix:
                root.add_subapp(prefix, app)
        return root

    async def _furnish(self, app: web.Application, prefix: str) -> None:
        provider, settings = self.provider, self.in_force.configuration.server
        tenants = {name: tenant for name, tenant in provider.tenants.items() if tenant.prefix == prefix}
        here = dataclasses.replace(provider, tenants=tenants, doors={})
        app[PREFIX], app[PROVIDER], app[PAGES], app[ARCHIVE] = prefix, here, self.pages, self.archive
        app[TRUSTED] = settings.trusted_proxies
        app[CERTIFICATE_HEADER] = settings.client_certificate_header
        routes.setup(app, here)
        for name in settings.doors:
            await doors.opening(name).setup(app, here)
        app.cleanup_ctx.append(lambda _: retrying(here))
