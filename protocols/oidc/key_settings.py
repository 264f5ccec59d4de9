"""What an administrator says about a service's own keys: where they are, what it signs and what is sealed for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from idp.config.model import Model
from protocols.oidc.foreign_encryption import Algorithm as KeyAlgorithm
from protocols.oidc.foreign_encryption import Encryption, Recipient
from protocols.oidc.logout_settings import WebAddress
from protocols.oidc.registered_keys import PublicKeys
from protocols.oidc.vocabulary import RequestAlgorithm

SEALED: Final = ("id_token", "userinfo")  # what can be encrypted


class ServiceKeys(Model):
    """Of a service. The names are those of OpenID Connect Registration 1.0 §2."""

    # JWK set with the client's public keys, or where it publishes them, to change them without asking us.
    jwks: PublicKeys | None = None
    jwks_uri: WebAddress | None = None
    # The one algorithm of its request objects (RFC 9101).
    request_object_signing_alg: RequestAlgorithm = "RS256"
    require_signed_request_object: bool = False
    # With an algorithm they are encrypted for the client's own key.
    id_token_encrypted_response_alg: KeyAlgorithm | None = None
    id_token_encrypted_response_enc: Encryption = "A128CBC-HS256"  # noqa: S105
    userinfo_encrypted_response_alg: KeyAlgorithm | None = None
    userinfo_encrypted_response_enc: Encryption = "A128CBC-HS256"

    @property
    def has_keys(self) -> bool:
        return self.jwks is not None or self.jwks_uri is not None

    def check_keys(self) -> None:
        """Raises ValueError where a key is needed and none can be had."""
        if self.jwks is not None and self.jwks_uri is not None:
            raise ValueError("jwks_uri: must not stand beside jwks (Registration 1.0 §2)")
        if self.require_signed_request_object and not self.has_keys:
            raise ValueError("require_signed_request_object: needs jwks or jwks_uri to verify with")
        for kind in SEALED:
            if self.is_sealed(kind) and not self.has_keys:
                raise ValueError(
                    f"{kind}_encrypted_response_alg: needs jwks or jwks_uri with a key to encrypt with"
                )
        if self.jwks is not None:
            self.recipients(self.jwks)

    def is_sealed(self, kind: str) -> bool:
        """Whether answers of a kind are encrypted."""
        return getattr(self, f"{kind}_encrypted_response_alg") is not None

    def recipients(self, jwks: Mapping[str, Any]) -> dict[str, Recipient]:
        """By kind, for whom answers are encrypted. Raises ValueError if a key for that is not in the set."""
        return {
            kind: Recipient(
                jwks,
                getattr(self, f"{kind}_encrypted_response_alg"),
                getattr(self, f"{kind}_encrypted_response_enc"),
            )
            for kind in SEALED
            if self.is_sealed(kind)
        }
