"""Makes the editions of one process: a configuration, with its pages and its tenants, in service."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from idp.assembly import client_authorities, open_provider
from idp.config import tls
from idp.config.in_force import InForce
from idp.config.revisions import Revisions
from idp.monitoring.node import Node
from idp.provider import Clock
from idp.revisions.archive import Archive
from idp.revisions.preparing import preload, prepared
from idp.supervisor.work import Stop
from idp.web import edition
from idp.web.admission import Admission
from idp.web.edition import Edition
from idp.web.pages import Pages
from keys.master import MasterKey
from storage import Storage


@dataclass(frozen=True, slots=True)
class Editions:
    """What all editions of the process share; `pages` are those that were made before the fork."""

    home: Path
    master: MasterKey
    pages: Pages
    secure: ssl.SSLContext | None  # of our pages
    database: Storage
    node: Node
    stop: Stop
    admission: Admission
    clock: Clock

    @asynccontextmanager
    async def open(self, in_force: InForce, before: Edition | None) -> AsyncIterator[Edition]:
        """One configuration in service; `before` is the one that serves meanwhile, which must not wait for this."""
        pages = self.pages
        if before is not None:
            await asyncio.to_thread(preload, in_force.configuration)
            pages = await asyncio.to_thread(prepared, in_force, before)
        before = None  # else it would be kept for as long as its successor serves
        provider = await open_provider(
            in_force.configuration, self.database, self.master, self.clock, self.node.meter
        )
        if self.secure is not None:
            for authorities in await client_authorities(provider):
                tls.believe(self.secure, authorities)
        archive = Archive(Revisions(self.database, self.master), self.home, in_force)
        async with edition.opened(archive, pages, provider, self.node, self.stop, self.admission) as opened:
            yield opened
