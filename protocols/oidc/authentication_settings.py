"""What an administrator says about how a service proves itself (OpenID Connect Core §9)."""

from __future__ import annotations

from idp.config.secrets import SecretValue
from protocols.oidc.certificate_settings import CERTIFICATE_METHODS, ServiceCertificate
from protocols.oidc.foreign_secret import BYTES
from protocols.oidc.vocabulary import SECRET_METHODS, AssertionAlgorithm, Method

PUBLIC: Method = "none"


class ServiceAuthentication(ServiceCertificate):
    """Of a service."""

    client_secret: SecretValue | None = None
    token_endpoint_auth_method: Method = "client_secret_basic"  # noqa: S105  the name of a way
    # The one algorithm of the JWTs by which it proves itself (RFC 7523); None: RS256, with a secret HS256.
    token_endpoint_auth_signing_alg: AssertionAlgorithm | None = None

    @property
    def is_public(self) -> bool:
        """Whether it runs where a secret cannot be kept: a browser, a phone (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == PUBLIC

    @property
    def assertion_algorithm(self) -> str:
        """What it signs its assertions with, and nothing else."""
        usual = "HS256" if self.token_endpoint_auth_method == "client_secret_jwt" else "RS256"  # noqa: S105
        return self.token_endpoint_auth_signing_alg or usual

    def check_authentication(self) -> None:
        """What the method of authentication needs is there, and nothing that it does not. Raises ValueError."""
        method, algorithm = self.token_endpoint_auth_method, self.assertion_algorithm
        if self.is_public and self.client_secret is not None:
            raise ValueError("client_secret: a client with token_endpoint_auth_method none has no secret")
        if method in SECRET_METHODS and self.client_secret is None:
            raise ValueError("client_secret: is missing; a client without one needs method none")
        if self.client_secret is not None and not self.client_secret.reveal().strip():
            raise ValueError("client_secret: is nothing but white space")
        if method == "private_key_jwt" and (not self.has_keys or self.client_secret is not None):
            raise ValueError(
                "jwks: private_key_jwt needs jwks or jwks_uri to verify with, and no client_secret"
            )
        if method in CERTIFICATE_METHODS and self.client_secret is not None:
            raise ValueError(f"client_secret: a client with {method} has none")
        self.check_certificate(method)
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
