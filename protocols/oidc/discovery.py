"""`/.well-known/openid-configuration`: what this issuer can do (OpenID Connect Discovery 1.0 §3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

import orjson
from aiohttp import web

from idp.signing import ALGORITHMS as USUAL
from idp.tenant import Tenant
from protocols.oidc import issuer
from protocols.oidc.clients import Client
from protocols.oidc.foreign_encryption import Algorithm as KeyAlgorithm
from protocols.oidc.foreign_encryption import Encryption
from protocols.oidc.pkce import METHOD
from protocols.oidc.settings import OFFLINE_ACCESS, OPENID, PUBLIC
from protocols.oidc.vocabulary import AssertionAlgorithm, GrantType, Method

PATH = "/.well-known/openid-configuration"
MAXIMUM_AGE = 3600  # seconds; a change of the configuration is rare and never breaks what was read before


def document(tenant: Tenant, clients: Collection[Client]) -> bytes:
    """The metadata as JSON. Every link is made from the configured base URL."""
    return orjson.dumps(metadata(tenant, clients))


def algorithms(clients: Collection[Client]) -> list[str]:
    """What ID tokens are signed with: RS256 always (Discovery 1.0 §3), the unusual where a service asks."""
    settings = [client.settings for client in clients]
    asked = {one.userinfo_signed_response_alg for one in settings} - {None}
    asked |= {one.id_token_signed_response_alg for one in settings}
    return sorted({*USUAL, *(str(algorithm) for algorithm in asked)})


def metadata(tenant: Tenant, clients: Collection[Client]) -> dict[str, Any]:
    scopes = {scope: None for client in clients for scope in client.scopes}
    claims = {claim: None for client in clients for names in client.scopes.values() for claim in names}
    authentication = list(get_args(Method))
    algorithms_of_assertions = list(get_args(AssertionAlgorithm))
    return {
        "issuer": tenant.issuer,
        "authorization_endpoint": tenant.url("/oidc/authorize"),
        "token_endpoint": tenant.url("/oidc/token"),
        "userinfo_endpoint": tenant.url("/oidc/userinfo"),
        "introspection_endpoint": tenant.url("/oidc/introspect"),
        "revocation_endpoint": tenant.url("/oidc/revoke"),
        "jwks_uri": tenant.url("/oidc/jwks"),
        "scopes_supported": sorted({OPENID, "profile", "email", OFFLINE_ACCESS, *scopes}),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(get_args(GrantType)),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms(clients),
        "id_token_encryption_alg_values_supported": list(get_args(KeyAlgorithm)),
        "id_token_encryption_enc_values_supported": list(get_args(Encryption)),
        "userinfo_signing_alg_values_supported": algorithms(clients),
        "userinfo_encryption_alg_values_supported": list(get_args(KeyAlgorithm)),
        "userinfo_encryption_enc_values_supported": list(get_args(Encryption)),
        "token_endpoint_auth_methods_supported": authentication,
        "token_endpoint_auth_signing_alg_values_supported": algorithms_of_assertions,
        "revocation_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms_of_assertions,
        "introspection_endpoint_auth_methods_supported": [m for m in authentication if m != PUBLIC],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms_of_assertions,
        "code_challenge_methods_supported": [METHOD],
        "prompt_values_supported": ["none", "login", "consent"],
        "claim_types_supported": ["normal"],
        "claims_supported": sorted({"sub", "iss", "auth_time", "acr", "amr", *claims}),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,  # RFC 9207 §3
        "ui_locales_supported": list(tenant.settings.locales),
    }


async def show(request: web.Request) -> web.Response:
    """The same bytes for everybody."""
    return web.Response(
        body=issuer.of(request).discovery,
        content_type="application/json",
        headers={"Cache-Control": f"public, max-age={MAXIMUM_AGE}", "Access-Control-Allow-Origin": "*"},
    )
