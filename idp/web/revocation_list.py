"""`/certificates/….crl`: which client certificates of ours count no more, for others who believe them."""

from __future__ import annotations

from aiohttp import web

from idp.authenticators.certificate import ClientCertificate
from idp.custody.authority import CRL_SECONDS, PATH
from idp.web.exchange import NOW, PROVIDER, TENANT

__all__ = ["PATH", "show"]

TYPE = "application/pkix-crl"  # RFC 2585 §4.2


async def show(request: web.Request) -> web.Response:
    """GET: the list of one authority."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    certificate = tenant.authenticators.get(ClientCertificate.name)
    if not isinstance(certificate, ClientCertificate):
        raise web.HTTPNotFound
    async with provider.storage.snapshot(tenant.name) as tx:
        found = await certificate.authority.revocation_list(tx, request.match_info["authority"], request[NOW])
    if found is None:
        raise web.HTTPNotFound
    # Who keeps it longer learns of a revocation later; so does who asks seldom.
    headers = {"Cache-Control": f"public, max-age={CRL_SECONDS // 288}"}
    return web.Response(body=found, content_type=TYPE, headers=headers)
