"""Public keys as JSON (RFC 7517) and their thumbprints (RFC 7638)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from keys import base64url
from keys.algorithm import Algorithm, PublicKey


def thumbprint(members: Mapping[str, str]) -> str:
    """SHA-256 over the required members, sorted, without white space (RFC 7638 §3), as base64url."""
    canonical = orjson.dumps(dict(members), option=orjson.OPT_SORT_KEYS)
    return base64url.encode(hashlib.sha256(canonical).digest()).decode()


def public_jwk(algorithm: Algorithm, key: PublicKey) -> dict[str, Any]:
    """The public half with its thumbprint as `kid`. `alg` pins the one algorithm that it is for."""
    members = algorithm.members(key)
    return {**members, "alg": algorithm.name, "use": "sig", "kid": thumbprint(members)}
