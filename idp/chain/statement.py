"""What is signed of the chain (a JWS, RFC 7515): how far it goes, and what was deleted of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keys import base64url
from keys.jws import InvalidToken, SigningKey, Verifier, verify
from storage.chain import Checkpoint

PURPOSE = "audit"  # of the derivation key from which the signing key is made
REACHES, PRUNED = "audit-checkpoint+jwt", "audit-pruned+jwt"


@dataclass(frozen=True, slots=True)
class Statement:
    """All claims of one. `head` is the chain's behind `last`; `before` the head before `first`.

    Of what was deleted `older_than` says from when on (epoch seconds) the tenant keeps records.
    """

    tenant: str
    number: int
    first: int
    last: int
    before: bytes
    head: bytes
    at: int
    older_than: int | None = None
    revision: int = 0  # the highest of the configuration that the log knows, wherever its record is now
    next: Mapping[str, Any] | None = (
        None  # the public key (JWK) by which what follows is signed, and by no other
    )

    @property
    def is_pruned(self) -> bool:
        return self.older_than is not None


def signing_key(secret: bytes) -> SigningKey:
    """The tenant's key for its log (Ed25519), from the 32 bytes that lie sealed in the database."""
    return SigningKey.from_seed(secret)


def sign(key: SigningKey, said: Statement) -> str:
    """A compact JWS that anybody can verify who has the public half."""
    claims: dict[str, Any] = {
        "tenant": said.tenant,
        "number": said.number,
        "first": said.first,
        "last": said.last,
        "before": base64url.encode(said.before).decode(),
        "head": base64url.encode(said.head).decode(),
        "at": said.at,
    }
    optional = {"older_than": said.older_than, "revision": said.revision or None, "next": said.next}
    claims |= {name: value for name, value in optional.items() if value is not None}
    return key.sign(claims, PRUNED if said.is_pruned else REACHES)


def read(unverified: str, find: Callable[[str], Verifier | None]) -> Statement:
    """What was signed. Raises `keys.jws.InvalidToken`."""
    try:
        claims = verify(unverified, find, REACHES)
    except InvalidToken:
        claims = verify(unverified, find, PRUNED)
        return _statement(claims, claims.get("older_than"))
    return _statement(claims, None)


def checkpoint(key: SigningKey, said: Statement, digests: bytes, created_at: int) -> Checkpoint:
    """As it is kept."""
    return Checkpoint(said.number, said.first, said.last, created_at, digests, sign(key, said))


def _statement(claims: Mapping[str, Any], older_than: int | None) -> Statement:
    before, head = (base64url.decode(str(claims[name]).encode()) for name in ("before", "head"))
    number, first, last, at = (int(claims[name]) for name in ("number", "first", "last", "at"))
    more = int(claims.get("revision", 0)), claims.get("next")
    return Statement(str(claims["tenant"]), number, first, last, before, head, at, older_than, *more)
