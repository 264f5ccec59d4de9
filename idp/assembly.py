"""From a configuration to what it names: the database opened, and every tenant ready."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import structlog

import storage
from idp.authenticators.certificate import ClientCertificate
from idp.authenticators.table import open_authenticators
from idp.config.configuration import Configuration, TenantConfiguration
from idp.countries import open_countries
from idp.custody.derivation import open_key
from idp.custody.vault import open_vault
from idp.demo import populate
from idp.flow import likeness
from idp.login import Login
from idp.monitoring.meter import Meter
from idp.provider import Clock, IdentityProvider
from idp.tenant import CountryOf, Service, Tenant
from keys.certificate import Authorities
from keys.master import MasterKey

log = structlog.get_logger("idp.storage")


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[storage.Storage]:
    """The database, migrated, for as long as the block runs. Raises `storage.StorageError`."""
    database = await storage.open(url)
    try:
        for name in await database.migrate():
            log.info("storage.migrated", migration=name)
        for words in await database.warnings():
            log.warning("storage.dubious", words=words)
        yield database
    finally:
        await database.close()


async def open_provider(
    configuration: Configuration,
    database: storage.Storage,
    master: MasterKey,
    clock: Clock,
    meter: Meter | None = None,
) -> IdentityProvider:
    """The identity provider of one configuration, which counts with `meter`.

    Raises `storage.StorageError`, `idp.custody.vault.WrongMasterKey`, and `idp.authenticators.Refused` for a person
    of the demo who cannot be.
    """
    country_of = open_countries(configuration.country_database)
    tenants = {
        tenant.name: await _open_tenant(tenant, database, master, country_of, clock())
        for tenant in configuration.tenants
    }
    return IdentityProvider(tenants, database, Login(), clock, meter=meter or Meter())


async def _open_tenant(
    configuration: TenantConfiguration,
    database: storage.Storage,
    master: MasterKey,
    country_of: CountryOf,
    now: int,
) -> Tenant:
    settings = configuration.settings
    vault = await open_vault(database, settings.tenant, master, now)
    if added := await populate(database, configuration, vault, now):
        log.info("demo.populated", tenant=settings.tenant, users=added)
    authenticators = open_authenticators(configuration.authenticators, vault)
    certificate = authenticators.get(ClientCertificate.name)
    if isinstance(certificate, ClientCertificate) and certificate.issues:
        await certificate.authority.prepare(database, certificate.settings.authority_name, now)
    return Tenant(
        name=settings.tenant,
        settings=settings,
        services={
            name: Service(name, service.display_name, service.doors, service.launch_url)
            for name, service in configuration.services.items()
            if service.enabled
        },
        rules=configuration.rules,
        authenticators=authenticators,
        vault=vault,
        zone=ZoneInfo(settings.time_zone),
        country_of=country_of,
        likeness_key=await open_key(database, vault, likeness.KEY, now),
    )


async def client_authorities(provider: IdentityProvider) -> Sequence[Authorities]:
    """Those whose client certificates some tenant takes."""
    found: list[Authorities] = []
    for tenant in provider.tenants.values():
        if tenant.settings.device_authorities is not None:
            found.append(tenant.settings.device_authorities)
        certificate = tenant.authenticators.get(ClientCertificate.name)
        if isinstance(certificate, ClientCertificate):
            async with provider.storage.snapshot(tenant.name) as tx:
                found.append((await certificate.authority.load(tx)).trusted)
            found += [each.authorities for each in certificate.external]
    return found
