"""What a client signs with a key of its own: right, unless a test tells it what to do wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key

CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "client-key"})
STRANGER = ECKey.generate_key("P-256", {"kid": "client-key"})  # the same name, another key


def jwks(*keys: Key) -> dict[str, Any]:
    """The public halves as a JWK set."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def sign(claims: Any, key: Key = CLIENT_KEY, **header: Any) -> str:
    """A signed JWT; `header` adds to or replaces what is right."""
    right = {"alg": "ES256", "kid": "client-key", "typ": "oauth-authz-req+jwt"}
    said = {name: value for name, value in (right | header).items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[said["alg"]], strict_check_header=False)
    return jws.serialize_compact(said, json.dumps(claims), key, registry=registry)


def sign_with_bytes(claims: Any, secret: bytes) -> str:
    """HS256 with any bytes at all: a library would refuse some."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    message = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    tag = urlsafe_b64encode(hmac.digest(secret, message, hashlib.sha256)).rstrip(b"=")
    return (message + b"." + tag).decode()
