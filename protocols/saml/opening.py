"""Opening the door: its addresses as one table, and each tenant made a SAML entity."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.custody.certification import Certification
from idp.custody.derivation import open_key
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.outbound import Outbound
from keys.xml_signature import RSA_SHA256
from protocols.saml import authn_context, back_channel, ecp, name_id, own_metadata, slo, sso
from protocols.saml.door import SAMLDoor
from protocols.saml.entity import ASK, DOOR, ECP, ENTITIES, METADATA, RESOLUTION, SLO, SLO_SOAP, SSO, Entity
from protocols.saml.metadata.keeping import Keeping
from protocols.saml.service_provider import ServiceProviders
from protocols.saml.settings import SIGNATURES, TenantSettings

ROUTES: Final = (
    web.get(METADATA, own_metadata.show),
    web.get(SSO, sso.sso, allow_head=False),
    web.post(SSO, sso.sso),
    web.get(SLO, slo.slo, allow_head=False),
    web.post(SLO, slo.slo),
    web.get(slo.CONTINUE, slo.proceed, allow_head=False),
    web.get(slo.ANSWER, slo.reply, allow_head=False),
    web.get(ASK, slo.ask_next, allow_head=False),
    web.post(SLO_SOAP, back_channel.slo),
    web.post(RESOLUTION, back_channel.resolve),
    web.post(ECP, ecp.ecp),
    web.get(sso.CONTINUE, sso.proceed, allow_head=False),
    web.get(sso.LAUNCH, sso.launch, allow_head=False),
)

BEGINNINGS: Final = (SSO, ECP)  # where logins begin


async def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Called once for each application of the process: the root, and one for each path prefix of a tenant."""
    app.add_routes(ROUTES)
    kept = Keeping(provider)
    await kept.prepare()
    app.cleanup_ctx.append(lambda _: kept.running())
    app[ENTITIES] = {
        tenant.name: await _entity(provider, tenant, kept.registry) for tenant in provider.tenants.values()
    }
    provider.doors[DOOR] = SAMLDoor(app[ENTITIES])


async def _entity(provider: IdentityProvider, tenant: Tenant, providers: ServiceProviders) -> Entity:
    settings = TenantSettings.model_validate(tenant.settings.saml or {})
    services = [service.doors[DOOR] for service in tenant.services.values() if DOOR in service.doors]
    used = dict.fromkeys(SIGNATURES[service.signature_algorithm] for service in services)
    certification = Certification(tenant.vault)
    methods = tuple(dict.fromkeys((RSA_SHA256, *used)))
    await certification.prepare(provider.storage, tenant.issuer, provider.clock(), methods)
    return Entity(
        provider=provider,
        tenant=tenant,
        settings=settings,
        providers=providers,
        certification=certification,
        contexts=authn_context.known(settings.authn_contexts),
        outbound=Outbound(settings.outbound_allow, is_demo=tenant.settings.demo),
        name_key=await open_key(provider.storage, tenant.vault, name_id.KEY, provider.clock()),
    )
