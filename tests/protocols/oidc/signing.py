"""A client that signs: its keys, made once a run, and the JWTs that prove it."""

from __future__ import annotations

import secrets
import time
import warnings
from typing import Any

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, KeySet, OctKey, RSAKey

from tests.configuration import SECRET

EC = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
RSA = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
STRANGER = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
SEALING_RSA = RSAKey.generate_key(2048, {"use": "enc"}, auto_kid=True)
SEALING_EC = ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True)
SHARED = OctKey.import_key(SECRET)


def public(*keys: Key) -> dict[str, Any]:
    """The JWK set that the client registers."""
    return dict(KeySet(list(keys)).as_dict(private=False))


def sign(claims: dict[str, Any], key: Key, **header: Any) -> str:
    """A JWT; `header` adds to or replaces `alg` and `kid`."""
    said = {"alg": key.alg or "HS256", **({"kid": key.kid} if key.kid else {}), **header}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(said, claims, key, algorithms=[said["alg"]])


def assertion(client_id: str, audience: Any, **changed: Any) -> dict[str, Any]:
    """The claims of a client assertion that is right; a claim that is None is left out."""
    now = int(time.time())
    right = {"iss": client_id, "sub": client_id, "aud": audience, "jti": secrets.token_urlsafe(8)}
    right |= {"iat": now, "exp": now + 60}
    return {name: value for name, value in (right | changed).items() if value is not None}
