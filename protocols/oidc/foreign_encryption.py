"""Encrypting for a client with the key that it registered (RFC 7516); beside `foreign` in one room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

# OpenID Connect Core §16.14: nothing older than these; RSA1_5 can be asked to decrypt for others.
Algorithm = Literal["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
Encryption = Literal["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]
KINDS: Final = {"RSA": ("RSA",), "ECD": ("EC", "OKP")}  # by how the algorithm's name begins
CURVES: Final = (None, "P-256", "P-384", "P-521", "X25519")


class Recipient:
    """One client's key for one algorithm."""

    def __init__(self, jwks: Mapping[str, Any], algorithm: str, encryption: str) -> None:
        """Raises ValueError when no key of the set is for encryption by that algorithm."""
        fitting = [key for key in jwks["keys"] if _is_for(key, algorithm)]
        if not fitting:
            raise ValueError(f"jwks has no key to encrypt by {algorithm}, give one with use: enc")
        self._key = KeySet.import_key_set({"keys": fitting[:1]}).keys[0]
        self._header = {"alg": algorithm, "enc": encryption, "kid": self._key.kid or ""}
        try:
            self.encrypt(b"tried once, where the administrator sees it fail")
        except (JoseError, ValueError, TypeError):
            raise ValueError(f"the key for {algorithm} cannot be used") from None

    def encrypt(self, payload: bytes, content: str | None = None) -> str:
        """Compact JWE. `content` names what is inside: `JWT` for one that is signed (RFC 7519 §5.2)."""
        header = {**self._header, **({"cty": content} if content else {})}
        return jwe.encrypt_compact(header, payload, self._key, [header["alg"], header["enc"]])


def _is_for(key: Mapping[str, Any], algorithm: str) -> bool:
    if key.get("kty") not in KINDS[algorithm[:3]] or key.get("crv") not in CURVES:
        return False
    return bool(key.get("use", "enc") == "enc" and key.get("alg", algorithm) == algorithm)
