"""Keeps all metadata of one process up to date while it serves: what others accepted, what is due, what ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from idp.background import running
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.outbound import Outbound
from protocols.saml.instant import write
from protocols.saml.metadata import alarm
from protocols.saml.metadata.keeper import Keeper
from protocols.saml.metadata.registry import Registry
from protocols.saml.settings import ServiceSettings, TenantSettings
from storage import StorageError

DOOR: Final = "saml"
LOOK_SECONDS: Final = 2.0  # from one look to the next, give or take a half

log = structlog.get_logger("idp.saml")


class Keeping:
    """The registry of a process, and what keeps it."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        keepers = [_keeper(provider, tenant) for tenant in provider.tenants.values()]
        self.registry = Registry({each.tenant: each.services for each in keepers}, provider.clock)
        self._keepers = [each for each in keepers if each.services]  # the others have nothing to look at

    async def prepare(self) -> None:
        """Before anybody is served: files are in force, and what was accepted before. Raises `StorageError`."""
        for keeper in self._keepers:
            await keeper.prepare(self._provider.clock())
            await self.registry.update(keeper.storage, keeper.tenant)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, follow the database and look for what is due."""
        # Each apart, because a slow source must not keep an accepted change, or another tenant, waiting.
        work = (_repeat(each, keeper) for keeper in self._keepers for each in (self._follow, self._look))
        async with running(*work):
            yield

    async def _follow(self, keeper: Keeper) -> None:
        await self.registry.update(keeper.storage, keeper.tenant)
        now = self._provider.clock()
        alarms = await alarm.find(keeper.storage, keeper.tenant, keeper.services, now)
        await alarm.tell(keeper.storage, keeper.tenant, alarms, now)
        self._provider.notices[f"{DOOR}/{keeper.tenant}"] = self._notices(keeper.tenant, alarms)

    def _notices(self, tenant: str, alarms: Sequence[alarm.Alarm]) -> Sequence[str]:
        ends = [f"{tenant}/{each.service}: {each.what} ends {write(each.at)}" for each in alarms]
        waiting = [
            f"{tenant}/{name}: changed metadata wait for consent, see idp saml metadata diff {name}"
            for name in self.registry.waiting(tenant)
        ]
        return [*ends, *waiting]

    async def _look(self, keeper: Keeper) -> None:
        while await keeper.due(self._provider.clock()):
            pass


async def _repeat(work: Callable[[Keeper], Awaitable[None]], keeper: Keeper) -> None:
    while True:
        try:
            await work(keeper)
        except StorageError as error:
            log.warning("metadata.keeping.failed", tenant=keeper.tenant, error=str(error))
        except Exception:  # what went wrong once must not end the looking
            log.exception("defect", tenant=keeper.tenant)
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it


def _keeper(provider: IdentityProvider, tenant: Tenant) -> Keeper:
    settings = TenantSettings.model_validate(tenant.settings.saml or {})
    services = {
        service.name: section
        for service in tenant.services.values()
        if isinstance(section := service.doors.get(DOOR), ServiceSettings)
    }
    outbound = Outbound(settings.outbound_allow, is_demo=tenant.settings.demo)
    return Keeper(tenant.name, provider.storage, services, settings, outbound)
