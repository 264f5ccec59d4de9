"""What clients sign with the secret that they share with us (RFC 7518 §3.2); beside `foreign` in one room."""

from __future__ import annotations

from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from keys.secret import Secret
from protocols.oidc.foreign import HEADER, LIMIT, Untrustworthy, as_claims

# A key shorter than the hash can be found by trying (RFC 7518 §3.2).
BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}


def verify(unverified_token: str, secret: Secret, algorithm: str) -> dict[str, Any]:
    """The claims of a JWT under an HMAC, not judged, not even `exp`. Raises `foreign.Untrustworthy`."""
    return as_claims(signed(unverified_token, secret.reveal().encode(), algorithm))


def signed(unverified_token: str, key: bytes, algorithm: str) -> bytes:
    """The payload of a message under an HMAC; see `verify`."""
    if len(unverified_token) > LIMIT or len(key) < BYTES[algorithm]:
        raise Untrustworthy
    try:
        token = jws.extract_compact(unverified_token.encode())
        header = token.headers()
        if header.get("alg") != algorithm or not header.keys() <= HEADER:
            raise Untrustworthy
        if not jws.validate_compact(token, OctKey.import_key(key), [algorithm]):
            raise Untrustworthy
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Untrustworthy from None
    return token.payload
