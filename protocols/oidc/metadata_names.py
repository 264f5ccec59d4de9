"""The names of client metadata: what may be registered, and what each means that is left out."""

from __future__ import annotations

import re
from typing import Any, Final

# Implicit and hybrid are for services that an administrator has looked at.
RESPONSE_TYPES: Final = ("code",)
GRANT_TYPES: Final = ("authorization_code", "refresh_token")
SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post")
# Without client_secret_jwt: a secret that is kept as its hash cannot check a signature.
METHODS: Final = (*SECRET_METHODS, "private_key_jwt", "self_signed_tls_client_auth", "none")

# Standard names that steer the protocol, by what they mean if they are missing; those that `ServiceSettings` has
# go there, any other that asks for more than that is refused. Settings of ours, as `pkce`, cannot be registered.
STEERING: Final[dict[str, Any]] = {
    "redirect_uris": None,
    "token_endpoint_auth_method": None,
    "token_endpoint_auth_signing_alg": None,
    "jwks": None,
    "jwks_uri": None,
    "id_token_signed_response_alg": None,
    "id_token_encrypted_response_alg": None,
    "id_token_encrypted_response_enc": None,
    "userinfo_signed_response_alg": None,
    "userinfo_encrypted_response_alg": None,
    "userinfo_encrypted_response_enc": None,
    "request_object_signing_alg": None,
    "request_object_encryption_alg": None,
    "request_object_encryption_enc": None,
    "require_signed_request_object": False,
    "require_pushed_authorization_requests": False,
    "dpop_bound_access_tokens": False,
    "tls_client_certificate_bound_access_tokens": False,
    "subject_type": "public",
    "default_max_age": None,
    "initiate_login_uri": None,
    "post_logout_redirect_uris": None,
    "frontchannel_logout_uri": None,
    "backchannel_logout_uri": None,
}
# Refused of a client that registers itself, whatever configured services may say, unless it is what we do anyway.
CONFIGURED_ONLY: Final[dict[str, Any]] = {
    # They would have us fetch an address for each request, or name clients by certificates.
    "request_uris": None,
    "tls_client_auth_subject_dn": None,
    "tls_client_auth_san_dns": None,
    "tls_client_auth_san_uri": None,
    "tls_client_auth_san_ip": None,
    "tls_client_auth_san_email": None,
}
TRANSLATED: Final = re.compile(
    r"(client_name|client_uri|logo_uri|policy_uri|tos_uri)#[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
)
