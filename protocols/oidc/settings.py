"""What an administrator says about OpenID Connect: of one service, and of the tenant."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from idp.config.model import Name
from idp.config.secrets import SecretValue
from protocols.oidc.claims_settings import ServiceClaims, TenantClaims
from protocols.oidc.foreign_encryption import Algorithm as KeyAlgorithm
from protocols.oidc.foreign_encryption import Encryption, Recipient
from protocols.oidc.foreign_secret import BYTES
from protocols.oidc.logout_settings import ServiceLogout, TenantLogout
from protocols.oidc.redirect_uri import origin
from protocols.oidc.registered_keys import PublicKeys
from protocols.oidc.registration_settings import ServiceLaunch, TenantRegistration
from protocols.oidc.vocabulary import (
    SECRET_METHODS,
    Algorithm,
    AssertionAlgorithm,
    Consent,
    GrantType,
    HostName,
    Method,
    RedirectURI,
    RequestAlgorithm,
    ResourceURI,
    ResponseType,
    Word,
)

UNIQUE = ("client_id",)  # in a tenant
OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
PUBLIC: Method = "none"


class ServiceSettings(ServiceClaims, ServiceLogout, ServiceLaunch):
    """The `oidc` section of a service: one client (OpenID Connect Registration 1.0 §2 gives the names)."""

    client_id: Word
    client_secret: SecretValue | None = None
    redirect_uris: tuple[RedirectURI, ...] = ()
    grant_types: Annotated[tuple[GrantType, ...], Field(min_length=1)] = (
        "authorization_code",
        "refresh_token",
    )
    token_endpoint_auth_method: Method = "client_secret_basic"  # noqa: S105  the name of a way
    # What it may ask for; listing offline_access lets it have refresh tokens, and is the consent to that.
    scopes: tuple[Word, ...] = (OPENID, "profile", "email")
    id_token_signed_response_alg: Algorithm = "RS256"  # noqa: S105  the name of an algorithm
    # With an algorithm they are encrypted for the client's own key in `jwks` (Registration §2).
    id_token_encrypted_response_alg: KeyAlgorithm | None = None
    id_token_encrypted_response_enc: Encryption = "A128CBC-HS256"  # noqa: S105
    userinfo_signed_response_alg: Algorithm | None = None  # None: plain JSON
    userinfo_encrypted_response_alg: KeyAlgorithm | None = None
    userinfo_encrypted_response_enc: Encryption = "A128CBC-HS256"
    # `pairwise` gives the services of each sector their own name for a user (Core §8.1).
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier: HostName | None = None  # None: the host of the redirect URIs
    # `optional` lets in a client that cannot do PKCE (RFC 7636); a code stolen from it is worth more.
    pkce: Literal["required", "optional"] = "required"
    # Beyond code, tokens travel in the browser's address (RFC 9700 §2.1.2).
    response_types: Annotated[tuple[ResponseType, ...], Field(min_length=1)] = ("code",)
    # The organisation consents by registering the service, unless its users are to be asked.
    consent: Consent = "never"
    # The one algorithm of the JWTs by which it proves itself (RFC 7523); None: RS256, with a secret HS256.
    token_endpoint_auth_signing_alg: AssertionAlgorithm | None = None
    # JWK set with the client's public keys, and the one algorithm of its request objects (RFC 9101).
    jwks: PublicKeys | None = None
    request_object_signing_alg: RequestAlgorithm = "RS256"
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False  # RFC 9126
    access_token_seconds: Annotated[int, Field(ge=30, le=86400)] | None = None  # None: as the tenant says
    refresh_token_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    # A random text, or a JWT that an API reads by itself until it expires, revoked or not (RFC 9068).
    access_token_format: Literal["opaque", "jwt"] = "opaque"  # noqa: S105
    dpop_bound_access_tokens: bool = (
        False  # only with a proof of its own key (RFC 9449); any service may bring one
    )
    resources: tuple[ResourceURI, ...] = ()  # APIs for which it may ask for a token of their own (RFC 8707)
    # Services whose access tokens this one may look at besides its own: it is the API that they call (RFC 7662).
    introspects: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.is_public and self.client_secret is not None:
            raise ValueError("client_secret: a client with token_endpoint_auth_method none has no secret")
        self._check_authentication()
        if self.subject_type == "pairwise" and self.sector_identifier is None and len(self._hosts) > 1:
            raise ValueError("sector_identifier: redirect_uris have several hosts, name one (Core §8.1)")
        for kind in ("id_token", "userinfo"):
            self.recipient(kind)
        if self.client_secret is not None and not self.client_secret.reveal().strip():
            raise ValueError("client_secret: is nothing but white space")
        if self.is_public and self.pkce == "optional":
            raise ValueError("pkce: must be required for token_endpoint_auth_method none (RFC 9700 §2.1.1)")
        if self.has_users and not self.redirect_uris:
            raise ValueError("redirect_uris: needs at least 1, or grant_types without authorization_code")
        if self.has_users and OPENID not in self.scopes:
            raise ValueError("scopes: must contain openid")
        if self.is_public and "client_credentials" in self.grant_types:
            raise ValueError("grant_types: client_credentials needs a client that authenticates")
        if self.is_public and self.introspects:
            raise ValueError("introspects: needs a client that authenticates (RFC 7662 §2.1)")
        if self.require_signed_request_object and self.jwks is None:
            raise ValueError("require_signed_request_object: needs jwks to verify with")
        if self.frontchannel_logout_uri and origin(self.frontchannel_logout_uri) not in map(
            origin, self.redirect_uris
        ):
            raise ValueError("frontchannel_logout_uri: must be of the same host as one of redirect_uris")
        return self

    def _check_authentication(self) -> None:
        """What the method of authentication needs is there."""
        method, algorithm = self.token_endpoint_auth_method, self.assertion_algorithm
        if method in SECRET_METHODS and self.client_secret is None:
            raise ValueError("client_secret: is missing; a client without one needs method none")
        if method == "private_key_jwt" and (self.jwks is None or self.client_secret is not None):
            raise ValueError("jwks: private_key_jwt needs jwks to verify with, and no client_secret")
        if self.token_endpoint_auth_signing_alg and not method.endswith("_jwt"):
            raise ValueError(
                "token_endpoint_auth_signing_alg: is for private_key_jwt and client_secret_jwt only"
            )
        if method.endswith("_jwt") and algorithm.startswith("HS") != (method == "client_secret_jwt"):
            raise ValueError(f"token_endpoint_auth_signing_alg: {algorithm} is not for {method}")
        if method == "client_secret_jwt" and self.client_secret is not None:
            shortest = BYTES[algorithm]
            if len(self.client_secret.reveal().encode()) < shortest:
                raise ValueError(f"client_secret: must have {shortest} bytes for {algorithm} (RFC 7518 §3.2)")

    def recipient(self, kind: str) -> Recipient | None:
        """For whom answers of a kind are encrypted. Raises ValueError if there is no key for that."""
        algorithm = getattr(self, f"{kind}_encrypted_response_alg")
        if algorithm is None:
            return None
        if self.jwks is None:
            raise ValueError(f"{kind}_encrypted_response_alg: needs jwks with a key to encrypt with")
        return Recipient(self.jwks, algorithm, getattr(self, f"{kind}_encrypted_response_enc"))

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
        return "authorization_code" in self.grant_types

    @property
    def assertion_algorithm(self) -> str:
        """What it signs its assertions with, and nothing else."""
        usual = "HS256" if self.token_endpoint_auth_method == "client_secret_jwt" else "RS256"  # noqa: S105
        return self.token_endpoint_auth_signing_alg or usual

    @property
    def is_public(self) -> bool:
        """Whether it runs where a secret cannot be kept: a browser, a phone (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == PUBLIC

    def warnings(self) -> tuple[str, ...]:
        """What is allowed but should be known."""
        found = []
        if self.pkce == "optional":
            found.append("pkce is optional: a stolen code of this client can be redeemed (RFC 9700 §2.1.1)")
        if self.response_types != ("code",):
            found.append("response_types beyond code show tokens to the browser (RFC 9700 §2.1.2)")
        return tuple(found)


class TenantSettings(TenantClaims, TenantLogout, TenantRegistration):
    """The `oidc` section of a tenant: lifetimes in seconds, and scopes beyond those of the standard."""

    code_seconds: Annotated[int, Field(ge=5, le=600)] = 60  # RFC 6749 §4.1.2 recommends at most 600
    request_uri_seconds: Annotated[int, Field(ge=5, le=600)] = 90  # a pushed request waits (RFC 9126 §2.2)
    id_token_seconds: Annotated[int, Field(ge=30, le=86400)] = 3600
    access_token_seconds: Annotated[int, Field(ge=30, le=86400)] = 3600
    refresh_token_seconds: Annotated[int, Field(ge=60, le=31_536_000)] = 2_592_000  # since its last use
    # A refresh that is repeated so soon, its answer lost on the way, is answered the same; 0: it is a theft.
    refresh_grace_seconds: Annotated[int, Field(ge=0, le=60)] = 10
