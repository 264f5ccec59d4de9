"""What an administrator says about OpenID Connect: of one service, and of the tenant."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from idp.config.model import Name
from idp.config.server import ServerSettings
from protocols.oidc.authentication_settings import ServiceAuthentication
from protocols.oidc.certificate_settings import CERTIFICATE_METHODS
from protocols.oidc.claims_settings import ServiceClaims, TenantClaims
from protocols.oidc.grant_settings import OF_USERS, ServiceExchange, TenantDevice
from protocols.oidc.logout_settings import ServiceLogout, TenantLogout, WebAddress
from protocols.oidc.redirect_uri import origin
from protocols.oidc.registration_settings import ServiceLaunch, TenantRegistration
from protocols.oidc.vocabulary import (
    Algorithm,
    Consent,
    GrantType,
    HostName,
    RedirectURI,
    ResourceURI,
    ResponseType,
    Word,
)

UNIQUE = ("client_id",)  # in a tenant
OPENID = "openid"
OFFLINE_ACCESS = "offline_access"


class ServiceSettings(ServiceClaims, ServiceAuthentication, ServiceLogout, ServiceLaunch, ServiceExchange):
    """The `oidc` section of a service: one client (OpenID Connect Registration 1.0 §2 gives the names)."""

    client_id: Word
    redirect_uris: tuple[RedirectURI, ...] = ()
    grant_types: Annotated[tuple[GrantType, ...], Field(min_length=1)] = (
        "authorization_code",
        "refresh_token",
    )
    # What it may ask for; listing offline_access lets it have refresh tokens, and is the consent to that.
    scopes: tuple[Word, ...] = (OPENID, "profile", "email")
    id_token_signed_response_alg: Algorithm = "RS256"  # noqa: S105  the name of an algorithm
    userinfo_signed_response_alg: Algorithm | None = None  # None: plain JSON
    # `pairwise` gives the services of each sector their own name for a user (Core §8.1).
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier: HostName | None = None  # None: the host of the redirect URIs
    # `optional` lets in a client that cannot do PKCE (RFC 7636); a code stolen from it is worth more.
    pkce: Literal["required", "optional"] = "required"
    # Beyond code, tokens travel in the browser's address (RFC 9700 §2.1.2).
    response_types: Annotated[tuple[ResponseType, ...], Field(min_length=1)] = ("code",)
    # The organisation consents by registering the service, unless its users are to be asked.
    consent: Consent = "never"
    require_pushed_authorization_requests: bool = False  # RFC 9126
    access_token_seconds: Annotated[int, Field(ge=30, le=86400)] | None = None  # None: as the tenant says
    refresh_token_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    # A random text, or a JWT that an API reads by itself until it expires, revoked or not (RFC 9068).
    access_token_format: Literal["opaque", "jwt"] = "opaque"  # noqa: S105
    # Only with a proof of its own key (RFC 9449); any service may bring one.
    dpop_bound_access_tokens: bool = False
    resources: tuple[ResourceURI, ...] = ()  # APIs for which it may ask for a token of their own (RFC 8707)
    # Services whose access tokens this one may look at besides its own: it is the API that they call (RFC 7662).
    introspects: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self.check_authentication()
        if self.subject_type == "pairwise" and self.sector_identifier is None and len(self._hosts) > 1:
            raise ValueError("sector_identifier: redirect_uris have several hosts, name one (Core §8.1)")
        self.check_keys()
        if self.is_public and self.pkce == "optional":
            raise ValueError("pkce: must be required for token_endpoint_auth_method none (RFC 9700 §2.1.1)")
        if "authorization_code" in self.grant_types and not self.redirect_uris:
            raise ValueError("redirect_uris: needs at least 1, or grant_types without authorization_code")
        if self.has_users and OPENID not in self.scopes:
            raise ValueError("scopes: must contain openid")
        if self.is_public and "client_credentials" in self.grant_types:
            raise ValueError("grant_types: client_credentials needs a client that authenticates")
        self.check_exchange(self.grant_types, is_public=self.is_public)
        if self.is_public and self.introspects:
            raise ValueError("introspects: needs a client that authenticates (RFC 7662 §2.1)")
        if self.frontchannel_logout_uri and origin(self.frontchannel_logout_uri) not in map(
            origin, self.redirect_uris
        ):
            raise ValueError("frontchannel_logout_uri: must be of the same host as one of redirect_uris")
        if self.tls_client_certificate_bound_access_tokens and any(
            "token" in kind.split() for kind in self.response_types
        ):
            raise ValueError(
                "tls_client_certificate_bound_access_tokens: a browser gets tokens without certificate"
            )
        return self

    @property
    def sector(self) -> str:
        """Services of one sector know a user by one name (Core §8.1)."""
        return self.sector_identifier or next(iter(self._hosts), self.client_id)

    @property
    def _hosts(self) -> set[str]:
        return {urlsplit(uri).hostname or uri for uri in self.redirect_uris}

    @property
    def has_users(self) -> bool:
        """Whether people sign in to it."""
        return not set(OF_USERS).isdisjoint(self.grant_types)

    def warnings(self) -> dict[str, str]:
        """What is allowed but should be known, by setting."""
        found = {}
        if self.pkce == "optional":
            found["pkce"] = "pkce is optional: a stolen code of this client can be redeemed (RFC 9700 §2.1.1)"
        if self.response_types != ("code",):
            found["response_types"] = (
                "response_types beyond code show tokens to the browser (RFC 9700 §2.1.2)"
            )
        return found


def unserved(service: ServiceSettings, server: ServerSettings) -> dict[str, str]:
    """The settings that need what `idp.yaml` does not say."""
    if server.client_certificate_header is not None:
        return {}
    words = "needs client_certificate_header in idp.yaml"
    found = {}
    if service.token_endpoint_auth_method in CERTIFICATE_METHODS:
        found["token_endpoint_auth_method"] = f"{service.token_endpoint_auth_method} {words}"
    if service.tls_client_certificate_bound_access_tokens:
        found["tls_client_certificate_bound_access_tokens"] = words
    return found


class TenantSettings(TenantClaims, TenantLogout, TenantRegistration, TenantDevice):
    """The `oidc` section of a tenant: lifetimes in seconds, and scopes beyond those of the standard."""

    code_seconds: Annotated[int, Field(ge=5, le=600)] = 60  # RFC 6749 §4.1.2 recommends at most 600
    request_uri_seconds: Annotated[int, Field(ge=5, le=600)] = 90  # a pushed request waits (RFC 9126 §2.2)
    # DPoP proofs must have a nonce of ours, so that none can be made in advance (RFC 9449 §8).
    dpop_nonce: bool = False
    # Where clients call us that show a certificate, if browsers shall not be asked for one (RFC 8705 §5).
    mtls_base_url: WebAddress | None = None
    id_token_seconds: Annotated[int, Field(ge=30, le=86400)] = 3600
    access_token_seconds: Annotated[int, Field(ge=30, le=86400)] = 3600
    refresh_token_seconds: Annotated[int, Field(ge=60, le=31_536_000)] = 2_592_000  # since its last use
    # A refresh that is repeated so soon, its answer lost on the way, is answered the same; 0: it is a theft.
    refresh_grace_seconds: Annotated[int, Field(ge=0, le=60)] = 10
