"""What clients sign, verified by the keys registered for them: the one file that knows joserfc."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, OctKey, RSAKey

KINDS: Final = ("RSA", "EC", "OKP")
CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519"}
# At least as RFC 7518 §3.3 has it. Whoever brings a key of his own (`proof`) chooses how long verifying takes: with the
# largest that would fit, a hundred times as long as with those that clients have, which is 4096 and 65537 at the most.
RSA_BITS: Final = range(2048, 8192 + 1)
EXPONENT_BITS: Final = 32
MANY: Final = 50  # keys of a published set; who rotates needs two or three
LIMIT: Final = 16 * 1024  # characters; an authorization request is a tenth of it
# Anything else in a header either names a key of the sender's own choice or changes how the rest is read.
HEADER: Final = frozenset(("alg", "kid", "typ", "x5t", "x5t#S256"))


class _Sizes(jws.JWSRegistry):
    max_header_length = 2048  # room for an RSA key, where a header may bring one (`proof`)


SIZES: Final = _Sizes()


class Untrustworthy(ValueError):
    """Not signed by a registered key, in the registered way. It never says which check failed."""


class Keys:
    """The public keys of one client."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        """From a JWK set (RFC 7517 §5). Raises ValueError in words for an administrator."""
        keys = jwks.get("keys")
        if not isinstance(keys, list) or not keys:
            raise ValueError('must be a JWK set: {"keys": […]} with at least one key')
        if not all(isinstance(key, dict) and key.get("kty") in KINDS and "d" not in key for key in keys):
            raise ValueError("must hold public keys only, of type RSA, EC or OKP")
        try:
            with _quiet():
                self._keys = KeySet.import_key_set({"keys": keys})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise ValueError("holds a key that cannot be read") from None
        self.jwks = {"keys": keys}
        for key in self._keys:
            if not isinstance(key, RSAKey):
                continue
            if key.raw_value.key_size not in RSA_BITS:
                raise ValueError(f"an RSA key must have {RSA_BITS[0]} to {RSA_BITS[-1]} bits")
            if key.public_key.public_numbers().e.bit_length() > EXPONENT_BITS:
                raise ValueError(f"the exponent of an RSA key must have at most {EXPONENT_BITS} bits")

    @classmethod
    def readable(cls, jwks: Any) -> Keys:
        """Those of a published set that we can use (RFC 7517 §5). Raises ValueError if there is none."""
        listed = jwks.get("keys") if isinstance(jwks, dict) else None
        given = listed[:MANY] if isinstance(listed, list) else []
        return cls({"keys": [key for key in given if _is_readable(key)]})

    @property
    def kids(self) -> frozenset[str]:
        """The names that its keys have."""
        return frozenset(key.kid for key in self._keys if key.kid)

    def holds(self, public_key: bytes) -> bool:
        """Whether a key, its SubjectPublicKeyInfo in DER, is one of these."""
        asymmetric = (key for key in self._keys if not isinstance(key, OctKey))
        return any(key.as_der(private=False) == public_key for key in asymmetric)

    def verify(self, unverified_token: str, algorithm: str, types: Collection[str | None]) -> dict[str, Any]:
        """The claims of a signed JWT, not judged, not even `exp`. Raises `Untrustworthy`.

        `algorithm` is the one that the client registered; `types` are the `typ` that this purpose knows.
        """
        return as_claims(self.signed(unverified_token, algorithm, types))

    def signed(
        self,
        unverified_token: str,
        algorithm: str,
        types: Collection[str | None],
        extra: frozenset[str] = frozenset(),
    ) -> bytes:
        """The payload of a signed message; see `verify`. `extra` are further members of its header."""
        if len(unverified_token) > LIMIT:
            raise Untrustworthy
        try:
            token = jws.extract_compact(unverified_token.encode(), None, SIZES)
            header = token.headers()
            typ = header.get("typ")
            if (
                header.get("alg") != algorithm
                or not header.keys() <= HEADER | extra
                or not _is_of(typ, types)
            ):
                raise Untrustworthy
            if not any(_verifies(token, key, algorithm) for key in self._fitting(algorithm, header)):
                raise Untrustworthy
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Untrustworthy from None
        return token.payload

    def _fitting(self, algorithm: str, header: Mapping[str, Any]) -> list[Any]:
        """The keys for the algorithm, of that `kid` where one is named on both sides."""
        fitting = []
        for key in self._keys:
            said = key.as_dict(private=False)
            curve = CURVES.get(algorithm)
            if said.get("crv") != curve:  # an RSA key has none
                continue
            if said.get("alg", algorithm) != algorithm or said.get("use", "sig") != "sig":
                continue
            if "kid" not in header or said.get("kid") == header["kid"]:
                fitting.append(key)
        return fitting


def _is_readable(key: Any) -> bool:
    try:
        Keys({"keys": [key]})
    except ValueError:
        return False
    return True


def unverified_header(unverified_token: str) -> dict[str, Any]:
    """What the header of a signed message says of itself. Raises `Untrustworthy` for what is none."""
    try:
        return dict(jws.extract_compact(unverified_token.encode(), None, SIZES).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Untrustworthy from None


def as_claims(payload: bytes) -> dict[str, Any]:
    """The claims that a verified payload makes: JSON to the letter (RFC 8259), so no half characters, no NaN.

    Raises `Untrustworthy`.
    """
    try:
        claims = orjson.loads(payload)
    except ValueError:
        raise Untrustworthy from None
    if not isinstance(claims, dict):
        raise Untrustworthy
    return claims


def _verifies(token: Any, key: Any, algorithm: str) -> bool:
    try:
        with _quiet():
            return jws.validate_compact(token, key, [algorithm])
    except (JoseError, ValueError):
        return False


@contextmanager
def _quiet() -> Iterator[None]:
    """RFC 9864 would rather say Ed25519 than EdDSA; clients do not yet. Sizes of keys are checked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def _is_of(typ: object, types: Collection[str | None]) -> bool:
    """RFC 7515 §4.1.9: compared without case, and `application/` may be left out."""
    if not isinstance(typ, str):
        return typ is None and None in types
    return typ.lower().removeprefix("application/") in types
