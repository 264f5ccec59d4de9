"""`/.well-known/openid-configuration`: what this issuer can do (OpenID Connect Discovery 1.0 §3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

import orjson
from aiohttp import web

from idp.assurance import ACR_VALUES
from idp.custody.signing import ALGORITHMS as USUAL
from idp.policy import Require
from idp.tenant import Tenant
from idp.web.ready import Document
from protocols.oidc import issuer, token_metadata
from protocols.oidc.clients import Client
from protocols.oidc.pkce import METHOD
from protocols.oidc.response import MODES
from protocols.oidc.settings import OFFLINE_ACCESS, OPENID, TenantSettings
from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE, GrantType, RequestAlgorithm

UNUSUAL = (DEVICE_CODE, TOKEN_EXCHANGE)
IMPLICIT = ("id_token", "id_token token")  # Registration 1.0 §2 calls their grant so
PATH = "/.well-known/openid-configuration"
MAXIMUM_AGE = 3600  # seconds; a change of the configuration is rare and never breaks what was read before


def document(
    tenant: Tenant, settings: TenantSettings, clients: Collection[Client], *, certificates: bool = False
) -> Document:
    """The metadata as JSON, every link made from the configured base URL. With `certificates` clients may show one."""
    said = metadata(tenant, clients) | logout(tenant, settings, clients)
    said |= token_metadata.authentication(certificates=certificates)
    if certificates and settings.mtls_base_url is not None:
        said["mtls_endpoint_aliases"] = token_metadata.aliases(tenant, said, settings.mtls_base_url)
    if settings.registration.enabled:
        said["registration_endpoint"] = tenant.url("/oidc/register")
        # A client may come tomorrow that signs its requests, by whichever algorithm.
        said["request_parameter_supported"] = True
        said["request_object_signing_alg_values_supported"] = sorted(get_args(RequestAlgorithm))
    return Document.of(orjson.dumps(said), "application/json", MAXIMUM_AGE)


def logout(tenant: Tenant, settings: TenantSettings, clients: Collection[Client]) -> dict[str, Any]:
    """RP-Initiated Logout §2.1, Back-Channel Logout §2.1, Front-Channel Logout §3, Session Management §3.3."""
    said: dict[str, Any] = {"end_session_endpoint": tenant.url("/oidc/logout")}
    for channel in ("backchannel", "frontchannel"):
        said |= {f"{channel}_logout_supported": True, f"{channel}_logout_session_supported": True}
    if settings.session_management or any(client.settings.session_management for client in clients):
        said["check_session_iframe"] = tenant.url("/oidc/check_session")
    return said


def algorithms(clients: Collection[Client]) -> list[str]:
    """What ID tokens are signed with: RS256 always (Discovery 1.0 §3), the unusual where a service asks."""
    settings = [client.settings for client in clients]
    asked = {one.userinfo_signed_response_alg for one in settings} - {None}
    asked |= {one.id_token_signed_response_alg for one in settings}
    return sorted({*USUAL, *(str(algorithm) for algorithm in asked)})


def metadata(tenant: Tenant, clients: Collection[Client]) -> dict[str, Any]:
    scopes = {scope: None for client in clients for scope in client.scopes}
    claims = {claim: None for client in clients for names in client.scopes.values() for claim in names}
    response_types = {"code", *(kind for client in clients for kind in client.settings.response_types)}
    implicit = ["implicit"] if response_types & set(IMPLICIT) else []
    acrs = {rule.then.acr for rule in tenant.rules if isinstance(rule.then, Require) and rule.then.acr}
    signed = {client.settings.request_object_signing_alg for client in clients if client.settings.has_keys}
    return {
        "issuer": tenant.issuer,
        "authorization_endpoint": tenant.url("/oidc/authorize"),
        **token_metadata.metadata(tenant, algorithms(clients)),
        "jwks_uri": tenant.url("/oidc/jwks"),
        "scopes_supported": sorted({OPENID, "profile", "email", OFFLINE_ACCESS, *scopes}),
        "pushed_authorization_request_endpoint": tenant.url("/oidc/par"),
        "require_pushed_authorization_requests": False,  # of every client; some may have to
        "response_types_supported": sorted(response_types),
        "response_modes_supported": list(MODES),
        "grant_types_supported": [*_grant_types(clients), *implicit],
        **_devices(tenant, clients),
        "code_challenge_methods_supported": [METHOD],
        "acr_values_supported": sorted({*ACR_VALUES, *acrs}),
        "display_values_supported": ["page", "popup", "touch"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": sorted({"sub", "iss", "auth_time", "acr", "amr", *claims}),
        "claims_parameter_supported": True,
        "request_parameter_supported": bool(signed),
        **({"request_object_signing_alg_values_supported": sorted(signed)} if signed else {}),
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,  # RFC 9207 §3
        "ui_locales_supported": list(tenant.settings.locales),
    }


def _grant_types(clients: Collection[Client]) -> list[str]:
    """The usual, and of the others those that a service may use."""
    used = {kind for client in clients for kind in client.settings.grant_types}
    return [kind for kind in get_args(GrantType) if kind in used or kind not in UNUSUAL]


def _devices(tenant: Tenant, clients: Collection[Client]) -> dict[str, Any]:
    """RFC 8628 §4."""
    if DEVICE_CODE not in _grant_types(clients):
        return {}
    return {"device_authorization_endpoint": tenant.url("/oidc/device_authorization")}


async def show(request: web.Request) -> web.Response:
    """The same for everybody."""
    return issuer.of(request).discovery.response(request)
