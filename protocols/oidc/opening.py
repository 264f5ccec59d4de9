"""Opening the door: its addresses as one table, and each tenant made an issuer."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.custody.derivation import open_key
from idp.custody.signing import Signing
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.exchange import CERTIFICATE_HEADER, SHELF
from idp.web.outbound import Outbound
from protocols.oidc import (
    authorization,
    client_configuration,
    clients,
    consent,
    cors,
    device_authorization,
    device_decision,
    device_entry,
    discovery,
    introspection,
    jwks,
    launch,
    logout,
    nonces,
    par,
    registration,
    revocation,
    session_management,
    subject,
    token,
    user_code,
    userinfo,
)
from protocols.oidc.client_keys import ClientKeys
from protocols.oidc.door import DOOR, OIDCDoor
from protocols.oidc.issuer import ISSUERS, Issuer
from protocols.oidc.nonces import Nonces
from protocols.oidc.settings import TenantSettings

ROUTES = (
    web.get(discovery.PATH, discovery.show),
    web.get("/oidc/jwks", jwks.show),
    web.get("/oidc/authorize", authorization.authorize, allow_head=False),
    web.post("/oidc/authorize", authorization.authorize),
    web.post(par.PATH, par.push),
    web.options(par.PATH, cors.preflight),
    web.get(consent.PATH, consent.show, allow_head=False),
    web.post(consent.PATH, consent.submit),
    web.post(device_authorization.PATH, device_authorization.authorize),
    web.get(device_authorization.PAGE, device_entry.show, allow_head=False),
    web.post(device_authorization.PAGE, device_entry.submit),
    web.get(device_decision.PATH, device_decision.show, allow_head=False),
    web.post(device_decision.PATH, device_decision.submit),
    web.post("/oidc/token", token.token),
    web.options("/oidc/token", cors.preflight),
    web.post("/oidc/introspect", introspection.introspect),
    web.post("/oidc/revoke", revocation.revoke),
    web.options("/oidc/revoke", cors.preflight),
    web.get("/oidc/userinfo", userinfo.show, allow_head=False),
    web.post("/oidc/userinfo", userinfo.show),
    web.options("/oidc/userinfo", cors.preflight),
    web.get(logout.PATH, logout.begin, allow_head=False),
    web.post(logout.PATH, logout.begin),
    web.post(logout.CONFIRMED, logout.confirmed),
    web.get(session_management.PATH, session_management.show),
    web.post(registration.PATH, registration.register),
    web.get(client_configuration.ADDRESS, client_configuration.show, allow_head=False),
    web.put(client_configuration.ADDRESS, client_configuration.replace),
    web.delete(client_configuration.ADDRESS, client_configuration.delete),
    web.get(launch.ADDRESS, launch.launch, allow_head=False),
)

BEGINNINGS: Final = ("/oidc/authorize", par.PATH, device_authorization.PATH)  # where logins begin


async def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Called once for each application of the process: the root, and one for each path prefix of a tenant."""
    app.add_routes(ROUTES)
    app[ISSUERS] = {tenant.name: await _issuer(app, provider, tenant) for tenant in provider.tenants.values()}
    for here in app[ISSUERS].values():
        app[SHELF].put(here.tenant, discovery.PATH, here.discovery)
    provider.doors[DOOR] = OIDCDoor(app[ISSUERS])


async def _issuer(app: web.Application, provider: IdentityProvider, tenant: Tenant) -> Issuer:
    settings = TenantSettings.model_validate(tenant.settings.oidc or {})
    derived, now = (provider.storage, tenant.vault), provider.clock()
    pairwise, for_devices = [
        await open_key(*derived, purpose, now) for purpose in (subject.KEY, user_code.KEY)
    ]
    known = clients.index(tenant.services.values(), settings, pairwise)
    signing = Signing(tenant.vault)
    await signing.prepare(provider.storage, now, discovery.algorithms(known.values()))
    origins = [client.origins for client in known.values() if client.is_public]
    certificates = app[CERTIFICATE_HEADER] is not None
    outbound = Outbound(settings.outbound_allow, is_demo=tenant.settings.demo)
    return Issuer(
        provider=provider,
        tenant=tenant,
        settings=settings,
        clients=known,
        public_origins=frozenset().union(*origins),
        discovery=discovery.document(tenant, settings, known.values(), certificates=certificates),
        signing=signing,
        outbound=outbound,
        takes_certificates=certificates,
        client_keys=ClientKeys(outbound),
        pairwise_key=pairwise,
        user_code_key=for_devices,
        nonces=Nonces(await open_key(*derived, nonces.KEY, now)) if settings.dpop_nonce else None,
    )
