"""What the endpoints that clients call can do (RFC 8414 §2, OpenID Connect Discovery 1.0 §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from idp.tenant import Tenant
from protocols.oidc.authentication_settings import PUBLIC
from protocols.oidc.certificate_settings import CERTIFICATE_METHODS
from protocols.oidc.foreign_encryption import Algorithm as KeyAlgorithm
from protocols.oidc.foreign_encryption import Encryption
from protocols.oidc.proof import ALGORITHMS
from protocols.oidc.vocabulary import AssertionAlgorithm, Method

METHODS: Final = get_args(Method)
# Where a certificate is looked at: clients prove themselves there, or show a token that is bound to it.
ALIASED: Final = (
    *("token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint"),
    *("pushed_authorization_request_endpoint", "device_authorization_endpoint"),
)


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
    }


def authentication(*, certificates: bool) -> dict[str, Any]:
    """How clients prove themselves; by certificates only where a proxy hands them on (RFC 8705 §3.3)."""
    methods = [each for each in METHODS if certificates or each not in CERTIFICATE_METHODS]
    said = {
        **_authentication("token", methods),
        **_authentication("revocation", methods),
        **_authentication("introspection", [method for method in methods if method != PUBLIC]),
    }
    if certificates:
        said["tls_client_certificate_bound_access_tokens"] = True
    return said


def aliases(tenant: Tenant, said: Mapping[str, Any], mtls_base_url: str) -> dict[str, str]:
    """Of the endpoints that are said, those for clients with a certificate, where that is asked for (RFC 8705 §5)."""
    usual, base = tenant.url(""), mtls_base_url.rstrip("/")
    return {name: f"{base}{said[name].removeprefix(usual)}" for name in ALIASED if name in said}


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
