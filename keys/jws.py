"""Signing our own JSON Web Tokens, and verifying those that come back (RFC 7515, RFC 7519)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from keys import base64url
from keys.algorithm import ALGORITHMS, Algorithm, PrivateKey
from keys.jwk import public_jwk

TYPE = "JWT"
TOKEN_LIMIT = 16 * 1024  # ours are a tenth of it; longer input is not looked at


class InvalidToken(ValueError):
    """Not a token that this key ring signed. It never says which check failed."""


class Verifier(Protocol):
    """A public key pinned to one algorithm."""

    @property
    def alg(self) -> str: ...
    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether its owner made the signature."""


class SigningKey:
    """A key pair that signs by one algorithm and no other. `kid`, its thumbprint, names its content."""

    __slots__ = ("_algorithm", "_headers", "_private", "_public", "alg", "kid", "public")

    def __init__(self, algorithm: Algorithm, private: PrivateKey) -> None:
        """Raises ValueError when the key is not one for the algorithm."""
        self._algorithm = algorithm
        self._private = private
        self._public = private.public_key()
        self.public: Mapping[str, Any] = public_jwk(algorithm, self._public)
        self.kid: str = self.public["kid"]
        self.alg = algorithm.name
        self._headers: dict[str, bytes] = {}

    @classmethod
    def generate(cls, alg: str) -> Self:
        """A fresh key. `alg` is RS256, ES256 or EdDSA; RS256 takes a tenth of a second of CPU."""
        algorithm = ALGORITHMS[alg]
        return cls(algorithm, algorithm.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The Ed25519 key that these 32 secret bytes are (RFC 8032 §5.1.5)."""
        return cls(ALGORITHMS["EdDSA"], Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, alg: str, private: bytes) -> Self:
        """From what `dump` gave. Raises ValueError or KeyError when it is not a key for `alg`."""
        # Skipping the primality tests saves 20 ms: the bytes were ours and come out of an authenticated seal.
        key = load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
        return cls(ALGORITHMS[alg], key)  # type: ignore[arg-type]  # `members` refuses other kinds

    def dump(self) -> bytes:
        """The private half as PKCS #8 DER, only ever to be sealed."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, claims: Mapping[str, Any], typ: str = TYPE) -> str:
        """The claims as a signed JWT in compact form. `typ` keeps kinds of tokens apart (RFC 8725 §3.11)."""
        message = self._header(typ) + b"." + base64url.encode(orjson.dumps(claims))
        signature = self._algorithm.sign(self._private, message)
        return (message + b"." + base64url.encode(signature)).decode("ascii")

    def _header(self, typ: str) -> bytes:
        header = self._headers.get(typ)
        if header is None:
            fields = {"alg": self.alg, "kid": self.kid, "typ": typ}
            header = self._headers[typ] = base64url.encode(orjson.dumps(fields))
        return header

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature, by its own algorithm."""
        return self._algorithm.verify(self._public, signature, message)

    def __repr__(self) -> str:
        return f"SigningKey({self.alg}, {self.kid})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a signing key is not written down")


def verify(unverified_token: str, find: Callable[[str], Verifier | None], typ: str = TYPE) -> dict[str, Any]:
    """The claims of a token that one of the keys signed; judges none, not even `exp`. Raises `InvalidToken`.

    The key is found by `kid` and decides the algorithm; a header that names another, or carries anything but
    `alg`, `kid` and `typ` (a key of its own, an address of one), is refused (RFC 8725 §3.1, §3.10).
    """
    if len(unverified_token) > TOKEN_LIMIT:
        raise InvalidToken
    parts = unverified_token.encode("utf-8", "replace").split(b".")
    if len(parts) != 3:
        raise InvalidToken
    try:
        header, signature = _object(parts[0]), base64url.decode(parts[2])
        kid = header.get("kid")
        key = find(kid) if isinstance(kid, str) else None
        if key is None or header != {"alg": key.alg, "kid": kid, "typ": typ}:
            raise InvalidToken
        if not key.verifies(signature, parts[0] + b"." + parts[1]):
            raise InvalidToken
        return _object(parts[1])
    except ValueError:
        raise InvalidToken from None


def _object(part: bytes) -> dict[str, Any]:
    value = orjson.loads(base64url.decode(part))
    if not isinstance(value, dict):
        raise InvalidToken
    return value
