"""The service providers of one process, in memory, as the database says they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from idp.provider import Clock
from protocols.saml.metadata.acceptance import in_force
from protocols.saml.service_provider import ServiceProvider
from storage import Storage, Transaction
from storage.service_metadata import MetadataVersion, PublishedMetadata

PAGE: Final = 500
FEW: Final = 50  # so many are asked for one by one


class _Held:
    """One service's metadata; they are parsed when they are asked for first, and the text is then forgotten."""

    __slots__ = ("_metadata", "_provider", "entity_id", "valid_until", "version")

    def __init__(self, metadata: PublishedMetadata) -> None:
        self.version = (metadata.digest, metadata.valid_until)
        self.entity_id = metadata.entity_id
        self.valid_until = metadata.valid_until
        self._metadata: PublishedMetadata | None = metadata
        self._provider: ServiceProvider | None = None

    @property
    def provider(self) -> ServiceProvider:
        if self._metadata is not None:
            self._provider, self._metadata = in_force(self._metadata), None
        assert self._provider is not None
        return self._provider


@dataclass(slots=True)
class _Tenant:
    services: frozenset[str]
    held: dict[str, _Held] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # entity ID → service
    waiting: tuple[str, ...] = ()


class Registry:
    """`protocols.saml.service_provider.ServiceProviders`."""

    def __init__(self, services: Mapping[str, Iterable[str]], clock: Clock) -> None:
        """`services` are the names of those that this door knows, by tenant."""
        self._tenants = {tenant: _Tenant(frozenset(names)) for tenant, names in services.items()}
        self._clock = clock

    def find(self, tenant: str, entity_id: str) -> tuple[str, ServiceProvider] | None:
        here = self._tenants[tenant]
        service = here.names.get(entity_id)
        provider = self.of_service(tenant, service) if service is not None else None
        return None if provider is None or service is None else (service, provider)

    def of_service(self, tenant: str, service: str) -> ServiceProvider | None:
        held = self._tenants[tenant].held.get(service)
        if held is None:
            return None
        is_over = held.valid_until is not None and held.valid_until <= self._clock()
        return None if is_over else held.provider

    def waiting(self, tenant: str) -> tuple[str, ...]:
        """Services whose changed metadata wait for an administrator's consent."""
        return self._tenants[tenant].waiting

    async def update(self, storage: Storage, tenant: str) -> None:
        """Take over what has changed in the database."""
        here = self._tenants[tenant]
        async with storage.snapshot(tenant) as tx:
            versions = await tx.service_metadata.versions()
            changed = [name for name in here.services if _differs(here.held.get(name), versions.get(name))]
            fresh = await (_every(tx) if len(changed) > FEW else _some(tx, changed))
        here.waiting = tuple(
            each.service
            for each in versions.values()
            if each.pending_digest and each.service in here.services
        )
        for name in changed:
            here.held.pop(name, None)
            if name in fresh and fresh[name].document:
                here.held[name] = _Held(fresh[name])
        if changed:
            here.names = {held.entity_id: name for name, held in here.held.items()}


async def _some(tx: Transaction, names: Iterable[str]) -> Mapping[str, PublishedMetadata]:
    found = [await tx.service_metadata.find(name) for name in names]
    return {each.service: each for each in found if each is not None}


async def _every(tx: Transaction) -> Mapping[str, PublishedMetadata]:
    found: dict[str, PublishedMetadata] = {}
    after = ""
    while page := await tx.service_metadata.list(after, PAGE):
        found |= {each.service: each for each in page}
        after = page[-1].service
    return found


def _differs(held: _Held | None, version: MetadataVersion | None) -> bool:
    if version is None or not version.digest:
        return held is not None
    return held is None or held.version != (version.digest, version.valid_until)
