"""Under which names services know sessions, and messages that wait: records and promises; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Participant:
    """A service that a session went to (saml-profiles-2.0 §4.4 calls it a session participant).

    It outlives the session, and the user too: the service is still to be told by these names.
    """

    session_index: str  # by which the service knows this login
    sid: str
    service: str
    client_id: str  # its entity ID
    name_hash: bytes  # a keyed hash of the name by which it knows the user
    sealed: bytes  # that name; opens only for this tenant and this row
    expires_at: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """A message of ours that its reader fetches itself (saml-bindings-2.0 §3.6)."""

    handle_hash: bytes
    client_id: str  # the entity ID of the only one who may have it
    sealed: bytes
    expires_at: int


class Participants(Protocol):
    """Services that sessions went to."""

    async def add(self, participant: Participant) -> None: ...
    async def find(self, client_id: str, session_index: str) -> Participant | None: ...
    async def list(self, sid: str, client_id: str) -> Sequence[Participant]:
        """Every login of the session to that service, by session index."""

    async def list_at(self, sid: str) -> Sequence[Participant]:
        """Every login of the session, to whatever service."""

    async def list_named(self, client_id: str, name_hash: bytes) -> Sequence[Participant]:
        """Every login that the service knows by that name, by session index."""

    async def delete_of(self, sid: str, client_id: str, name_hash: bytes | None = None) -> int:
        """The service needs no telling any more, by that name or by any; returns how many there were."""


class Artifacts(Protocol):
    """Messages that wait for whoever holds their artifact."""

    async def add(self, artifact: Artifact) -> None: ...
    async def consume(self, handle_hash: bytes, client_id: str, now: int) -> Artifact | None:
        """Return the live one and delete it, in one statement: of many, one gets it; of others, none."""
