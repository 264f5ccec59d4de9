"""The promises every backend keeps about keys at rest; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from storage.quick import quick
from storage.records import JSON


@quick
@dataclass(frozen=True, slots=True)
class SigningKeyRecord:
    """A signing key at rest: the private half sealed, the public half as a JWK (RFC 7517)."""

    kid: str
    alg: str
    state: Literal["next", "active", "retired"]
    sealed: bytes
    public: JSON
    created_at: int
    changed_at: int  # when it took its present state


@quick
@dataclass(frozen=True, slots=True)
class DataKey:
    """The tenant's data key, wrapped by the master key that never enters the database."""

    version: int
    wrapped: bytes
    created_at: int


class SigningKeys(Protocol):
    """The key ring at rest."""

    async def add(self, key: SigningKeyRecord) -> None: ...
    async def list(self) -> Sequence[SigningKeyRecord]: ...  # oldest first
    async def move(self, kid: str, state: str, now: int) -> bool: ...
    async def delete(self, kid: str) -> bool: ...


class DataKeys(Protocol):
    """Wrapped data keys."""

    async def add(self, key: DataKey) -> None:
        """Raises `Duplicate` when another node was first."""

    async def list(self) -> Sequence[DataKey]: ...


class DerivationKeys(Protocol):
    """Sealed keys from which identifiers are derived."""

    async def find(self, purpose: str) -> bytes | None: ...
    async def find_or_add(self, purpose: str, sealed: bytes, now: int) -> bytes:
        """The key of that purpose, this one if there was none: of many nodes, all get the same."""
