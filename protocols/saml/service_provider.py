"""A service provider as its metadata describes it, and where the door finds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service takes messages of one kind (saml-metadata-2.0 §2.2.2)."""

    binding: str  # as the standard names it: urn:oasis:names:tc:SAML:2.0:bindings:…
    location: str
    response_location: str = ""  # empty: answers go to `location` too


@dataclass(frozen=True, slots=True)
class IndexedEndpoint:
    """One of several that a request may name by number (saml-metadata-2.0 §2.2.3)."""

    binding: str
    location: str
    index: int
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """An attribute that the service would like to have (saml-metadata-2.0 §2.4.4.2)."""

    name: str
    name_format: str = ""
    friendly_name: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """One SPSSODescriptor with its entity; certificates are DER (X.509), in the order of the metadata."""

    entity_id: str
    assertion_consumer_services: tuple[IndexedEndpoint, ...]
    single_logout_services: tuple[Endpoint, ...] = ()
    artifact_resolution_services: tuple[IndexedEndpoint, ...] = ()
    signing_certificates: tuple[bytes, ...] = ()
    encryption_certificates: tuple[bytes, ...] = ()
    authn_requests_signed: bool = False
    want_assertions_signed: bool = False
    name_id_formats: tuple[str, ...] = ()
    requested_attributes: tuple[RequestedAttribute, ...] = ()
    valid_until: int | None = None  # epoch seconds; None: as long as nothing newer is known


class ServiceProviders(Protocol):
    """All service providers of one process, in memory: both are looked up once a request, so in O(1).

    What has expired, or is refused until an administrator agrees, is not found.
    """

    def find(self, tenant: str, entity_id: str) -> tuple[str, ServiceProvider] | None:
        """Who calls himself so, with the name of his service in the tenant."""

    def of_service(self, tenant: str, service: str) -> ServiceProvider | None:
        """The provider behind a service; None where its metadata is not there (yet)."""
