"""A tenant as a SAML entity: what its requests need, worked out once from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from idp.custody.certification import Certification
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.exchange import TENANT
from idp.web.outbound import Outbound
from protocols.saml.name_id import Naming
from protocols.saml.names import ARTIFACT, POST
from protocols.saml.service_provider import IndexedEndpoint, ServiceProvider, ServiceProviders
from protocols.saml.settings import ServiceSettings, TenantSettings

DOOR: Final = "saml"
SSO: Final = "/saml/sso"
METADATA: Final = "/saml/metadata"
SLO: Final = "/saml/slo"
SLO_SOAP: Final = "/saml/slo/soap"
ASK: Final = "/saml/slo/ask"
RESOLUTION: Final = "/saml/artifact"
ECP: Final = "/saml/ecp"
ANSWERED: Final = (POST, ARTIFACT)  # the bindings by which we answer browsers


@dataclass(frozen=True, slots=True)
class Party:
    """A service of ours at this door, with what its metadata says at this moment."""

    service: str
    settings: ServiceSettings
    metadata: ServiceProvider

    @property
    def consumers(self) -> tuple[IndexedEndpoint, ...]:
        """Where it may be answered."""
        return tuple(each for each in self.metadata.assertion_consumer_services if each.binding in ANSWERED)

    @property
    def default_consumer(self) -> IndexedEndpoint | None:
        """As the administrator says, else as the metadata does (saml-metadata-2.0 §2.2.3)."""
        return self.default_of(self.consumers)

    def default_of(self, consumers: Sequence[IndexedEndpoint]) -> IndexedEndpoint | None:
        """The same among these."""
        chosen = [each for each in consumers if each.location == self.settings.acs]
        marked = [each for each in consumers if each.is_default]
        return next(iter((*chosen, *marked, *consumers)), None)


def entity_id(settings: TenantSettings, base_url: str) -> str:
    """By what name services know the tenant."""
    return settings.entity_id or base_url.rstrip("/") + METADATA


@dataclass(frozen=True, slots=True)
class Entity:
    """Everything here but the providers comes from the configuration."""

    provider: IdentityProvider
    tenant: Tenant
    settings: TenantSettings
    providers: ServiceProviders
    certification: Certification
    contexts: Mapping[str, str]  # the acr of each authentication context class
    outbound: Outbound
    name_key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Our entity ID."""
        return entity_id(self.settings, self.tenant.issuer)

    @property
    def slo(self) -> str:
        """Where the end of a session is spoken of, by whichever binding of browsers."""
        return self.tenant.url(SLO)

    @property
    def sso(self) -> str:
        """Where requests come, by whichever binding."""
        return self.tenant.url(SSO)

    @property
    def has_clients(self) -> bool:
        """Whether any service takes logins by clients that are no browsers."""
        doors = [each.doors.get(DOOR) for each in self.tenant.services.values()]
        return any(isinstance(each, ServiceSettings) and each.ecp for each in doors)

    def sender(self, entity_id: str) -> Party | None:
        """The service that calls itself so."""
        found = self.providers.find(self.tenant.name, entity_id)
        return self._party(*found) if found else None

    def party(self, service: str) -> Party | None:
        """The service of that name; None if it is gone, or its metadata is."""
        metadata = self.providers.of_service(self.tenant.name, service)
        return self._party(service, metadata) if metadata else None

    def naming(self, party: Party) -> Naming:
        """Between whom names for this service are good."""
        return Naming(self.name_key, self.id, party.service, party.metadata.entity_id)

    def _party(self, service: str, metadata: ServiceProvider) -> Party | None:
        known = self.tenant.services.get(service)
        settings = known.doors.get(DOOR) if known else None
        return Party(service, settings, metadata) if settings else None


Shows = Callable[[Party], bool]  # whether the sender of a message showed a key of that service
ENTITIES: web.AppKey[Mapping[str, Entity]] = web.AppKey("saml_entities")


def of(request: web.Request) -> Entity:
    """The entity that the request was sent to."""
    return request.app[ENTITIES][request[TENANT].name]
