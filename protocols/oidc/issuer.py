"""A tenant as an OpenID provider: what its requests need, worked out once from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from idp.custody.signing import Signing
from idp.logout.farewell import Visited
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.exchange import TENANT
from idp.web.outbound import Outbound
from idp.web.ready import Document
from protocols.oidc import registered
from protocols.oidc.client_keys import ClientKeys
from protocols.oidc.clients import Client
from protocols.oidc.nonces import Nonces
from protocols.oidc.settings import TenantSettings
from storage import Transaction

DOOR: Final = "oidc"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Everything here comes from the configuration, so it may be kept for the life of the process."""

    provider: IdentityProvider
    tenant: Tenant
    settings: TenantSettings
    clients: Mapping[str, Client]
    public_origins: frozenset[str]  # web applications that may call us from the browser
    discovery: Document
    signing: Signing
    outbound: Outbound
    client_keys: ClientKeys
    takes_certificates: bool  # that clients show to a proxy in front of us
    pairwise_key: bytes = field(repr=False)
    user_code_key: bytes = field(repr=False)
    nonces: Nonces | None = None  # that DPoP proofs must have

    def client_of(self, service: str) -> Client | None:
        """The client that a service is, None if the service is none or is gone."""
        return next((client for client in self.clients.values() if client.service == service), None)

    async def visited(self, tx: Transaction, visited: Visited) -> Client | None:
        """The client that a session went to: by its service, whose `client_id` may have changed, if it has one to
        itself.
        """
        return self.client_of(visited.service) or await self.client(tx, visited.client_id)

    async def client(self, tx: Transaction, client_id: str) -> Client | None:
        """The client of that id: of the configuration, else one that registered itself."""
        client = self.clients.get(client_id)
        if client is None and self.settings.registration.enabled and registered.ID.fullmatch(client_id):
            record = await tx.registered_clients.find(client_id)
            locales = self.tenant.settings.locales
            client = registered.client(record, self.settings, locales, self.pairwise_key) if record else None
        return client

    async def known(self, client_id: str) -> Mapping[str, Client]:
        """Clients by id, with this one among them if there is one; no database is asked for a configured one."""
        if client_id in self.clients or not self.settings.registration.enabled:
            return self.clients
        async with self.provider.storage.snapshot(self.tenant.name) as tx:
            client = await self.client(tx, client_id)
        return {client_id: client} if client else {}


ISSUERS: web.AppKey[Mapping[str, Issuer]] = web.AppKey("oidc_issuers")


def of(request: web.Request) -> Issuer:
    """The issuer that the request was sent to."""
    return request.app[ISSUERS][request[TENANT].name]
