"""The JWK Set that services fetch (RFC 7517 §5)."""

from __future__ import annotations

import orjson

from keys.ring import KeyRing

MEDIA_TYPE = "application/jwk-set+json"


def document(ring: KeyRing) -> bytes:
    """All public keys as JSON: the next so that caches know it in time, the retired for their last tokens."""
    return orjson.dumps({"keys": [key.public for key in ring]})
