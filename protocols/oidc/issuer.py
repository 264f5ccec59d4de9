"""A tenant as an OpenID provider: what its requests need, worked out once from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from idp.provider import IdentityProvider
from idp.signing import Signing
from idp.tenant import Tenant
from idp.web.exchange import TENANT
from protocols.oidc.clients import Client
from protocols.oidc.settings import TenantSettings

DOOR: Final = "oidc"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Everything here comes from the configuration, so it may be kept for the life of the process."""

    provider: IdentityProvider
    tenant: Tenant
    settings: TenantSettings
    clients: Mapping[str, Client]
    public_origins: frozenset[str]  # web applications that may call us from the browser
    discovery: bytes
    signing: Signing


ISSUERS: web.AppKey[Mapping[str, Issuer]] = web.AppKey("oidc_issuers")


def of(request: web.Request) -> Issuer:
    """The issuer that the request was sent to."""
    return request.app[ISSUERS][request[TENANT].name]
