"""Public keys as JSON (RFC 7517) and their thumbprints (RFC 7638)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from keys import base64url
from keys.algorithm import Algorithm, PublicKey, find


def thumbprint(members: Mapping[str, str]) -> str:
    """SHA-256 over the required members, sorted, without white space (RFC 7638 §3), as base64url."""
    canonical = orjson.dumps(dict(members), option=orjson.OPT_SORT_KEYS)
    return base64url.encode(hashlib.sha256(canonical).digest()).decode()


def public_jwk(algorithm: Algorithm, key: PublicKey) -> dict[str, Any]:
    """The public half with its thumbprint as `kid`. `alg` pins the one algorithm that it is for."""
    members = algorithm.members(key)
    return {**members, "alg": algorithm.name, "use": "sig", "kid": thumbprint(members)}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """`keys.jws.Verifier` from a JWK that somebody publishes."""

    algorithm: Algorithm
    key: PublicKey

    @classmethod
    def load(cls, jwk: Mapping[str, Any]) -> VerifyingKey:
        """Raises ValueError for a JWK that is not a key for the algorithm it names, or names none of ours."""
        algorithm = find(jwk.get("alg"))
        if algorithm is None:
            raise ValueError("the key names no algorithm that is known")
        try:
            key = algorithm.load(jwk)
            members = algorithm.members(key)
        except (KeyError, AttributeError, TypeError, ValueError):
            raise ValueError(f"not a key for {algorithm.name}") from None
        if any(jwk.get(name) != value for name, value in members.items()):
            raise ValueError(f"not a key for {algorithm.name}")
        return cls(algorithm, key)

    @property
    def alg(self) -> str:
        return self.algorithm.name

    def verifies(self, signature: bytes, message: bytes) -> bool:
        return self.algorithm.verify(self.key, signature, message)
