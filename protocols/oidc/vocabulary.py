"""The values that settings may have, as the standards name them."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from protocols.oidc.redirect_uri import registrable


def _token(value: str) -> str:
    if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,255}", value):
        raise ValueError("must be printable ASCII without space, quotation mark or backslash")
    return value


def _resource(value: str) -> str:
    parts = urlsplit(value)
    if not re.fullmatch(r"[\x21-\x7e]+", value) or not parts.scheme or "#" in value:
        raise ValueError("must be an absolute URI without fragment, for example https://api.example.com")
    return value


def _https(uri: str) -> str:
    if not uri.startswith("https://"):
        raise ValueError("must be an https address")
    return registrable(uri)


Word = Annotated[str, AfterValidator(_token)]  # RFC 6749 §3.3; narrower than §A.1 allows a client_id to be
RedirectURI = Annotated[str, AfterValidator(registrable)]
HTTPS = Annotated[str, AfterValidator(_https)]
ResourceURI = Annotated[str, AfterValidator(_resource)]
HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")]
Algorithm = Literal["RS256", "ES256", "EdDSA"]
RequestAlgorithm = Literal["RS256", "PS256", "ES256", "ES384", "EdDSA"]
Consent = Literal["required", "remembered", "never"]
ResponseType = Literal[
    "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"
]  # OAuth 2.0 Multiple Response Type Encoding Practices
CertificateMethod = Literal["tls_client_auth", "self_signed_tls_client_auth"]  # RFC 8705 §2
SignedMethod = Literal["client_secret_jwt", "private_key_jwt"]
Method = Literal["client_secret_basic", "client_secret_post", SignedMethod, CertificateMethod, "none"]
SECRET_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")  # Core §9
GrantType = Literal[
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628 §3.4
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  RFC 8693 §2.1
AssertionAlgorithm = Literal["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512"]

# Claims that say who was proven and how: no attribute of a user may stand in for them.
RESERVED = frozenset(
    ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid", "auth_time", "acr", "amr")
) | {"at_hash", "c_hash", "s_hash"}


def unreserved(claims: tuple[str, ...]) -> tuple[str, ...]:
    """The same claims. Raises ValueError for one that only the server says."""
    if taken := RESERVED & set(claims):
        raise ValueError(f"{', '.join(sorted(taken))} is said by the server itself")
    return claims
