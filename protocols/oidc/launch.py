"""`/oidc/launch/CLIENT_ID`: a login begins with us, at the service's own address for that (OpenID Connect Core §4)."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from protocols.oidc import issuer

ADDRESS = "/oidc/launch/{client_id}"


async def launch(request: web.Request) -> web.Response:
    """GET: on to the address that the client registered, with our issuer; it then asks for a login as always."""
    here, client_id = issuer.of(request), request.match_info["client_id"]
    client = (await here.known(client_id)).get(client_id)
    uri = client.settings.initiate_login_uri if client else None
    if uri is None:
        raise web.HTTPNotFound
    separator = "&" if "?" in uri else "?"
    location = f"{uri}{separator}{urlencode({'iss': here.tenant.issuer})}"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})
