"""What the endpoints that clients call can do (RFC 8414 §2, OpenID Connect Discovery 1.0 §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from idp.tenant import Tenant
from protocols.oidc.foreign_encryption import Algorithm as KeyAlgorithm
from protocols.oidc.foreign_encryption import Encryption
from protocols.oidc.proof import ALGORITHMS
from protocols.oidc.settings import PUBLIC
from protocols.oidc.vocabulary import AssertionAlgorithm, Method


def metadata(tenant: Tenant, signing: Sequence[str]) -> dict[str, Any]:
    """The part of the document that is about tokens; `signing` are the algorithms that we sign with."""
    return {
        "token_endpoint": tenant.url("/oidc/token"),
        "userinfo_endpoint": tenant.url("/oidc/userinfo"),
        "introspection_endpoint": tenant.url("/oidc/introspect"),
        "revocation_endpoint": tenant.url("/oidc/revoke"),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": signing,
        "userinfo_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),  # RFC 9449 §5.1
        **_encryption("id_token"),
        **_encryption("userinfo"),
        **_authentication("token", get_args(Method)),
        **_authentication("revocation", get_args(Method)),
        **_authentication("introspection", [method for method in get_args(Method) if method != PUBLIC]),
    }


def _encryption(kind: str) -> dict[str, Any]:
    return {
        f"{kind}_encryption_alg_values_supported": list(get_args(KeyAlgorithm)),
        f"{kind}_encryption_enc_values_supported": list(get_args(Encryption)),
    }


def _authentication(endpoint: str, methods: Sequence[str]) -> dict[str, Any]:
    return {
        f"{endpoint}_endpoint_auth_methods_supported": list(methods),
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": list(get_args(AssertionAlgorithm)),
    }
