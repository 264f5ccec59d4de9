"""`python -m protocols.oidc.sample`: stands in for the services of a tenant at one port of this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import click
from aiohttp import web

from idp.cli.folder import config_option, read_configuration
from idp.config.configuration import TenantConfiguration
from protocols.oidc.sample.relying_party import RelyingParty
from protocols.oidc.sample.site import HTTP, Site

ISSUER_SECONDS = 10


@click.command()
@config_option
@click.option("--tenant", default="demo", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=9000, show_default=True)
def main(config: Path, tenant: str, port: int) -> None:
    """Serve sample services on localhost until Ctrl-C."""
    configured = {each.name: each for each in read_configuration(config).tenants}
    sites = sites_of(configured[tenant], port) if tenant in configured else []
    if not sites:
        raise click.ClickException(f"no service of {tenant} has a redirect URI at http://localhost:{port}")
    app = web.Application()
    app.cleanup_ctx.append(_client)
    for site in sites:
        site.setup(app)
    try:
        web.run_app(app, host="localhost", port=port, access_log=None, print=None)
    except OSError as error:
        words = f"cannot listen at localhost:{port}: {os.strerror(error.errno or 0)}, see README.md for another port"
        raise click.ClickException(words) from None


def sites_of(tenant: TenantConfiguration, port: int) -> list[Site]:
    """The tenant's services whose redirect URI is at this port of localhost."""
    here = f"localhost:{port}"
    issuer = tenant.settings.base_url
    return [
        Site(service.display_name.get("en", service.service), RelyingParty(issuer, client))
        for service in tenant.services.values()
        if (client := service.doors.get("oidc"))
        and any(urlsplit(uri).netloc == here for uri in client.redirect_uris[:1])  # devices have none
    ]


async def _client(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ISSUER_SECONDS)) as http:
        app[HTTP] = http
        yield


if __name__ == "__main__":
    main()
