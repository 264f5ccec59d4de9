"""What network logins leave, and the promises every backend keeps about it; see `storage.contract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.quick import quick
from storage.records import JSON


@quick
@dataclass(frozen=True, slots=True)
class WebToken:
    """A question that was shown on a page and is answered elsewhere: a table for a VPN login.

    It belongs to a name, whether anybody has it or not. A newer one takes its place.
    """

    username: str  # canonical
    authenticator: str
    prompt: JSON  # what its `challenge` gave
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class NetworkSession:
    """A session that a NAS reported (RFC 2866). `id` is made of the NAS's own names for it.

    `ended_at` is None while it lasts; `expires_at` is when a NAS that fell silent is no longer believed.
    """

    id: str
    service: str
    user_id: str | None  # None: whom it reported we do not know
    username: str
    nas: str  # the address that its reports come from
    session: str  # Acct-Session-Id, as the NAS wrote it
    station: str  # Calling-Station-Id
    framed: str  # the address that the user was given
    began_at: int
    seen_at: int
    ended_at: int | None
    expires_at: int
    seconds: int = 0
    octets_in: int = 0
    octets_out: int = 0
    cause: str = ""  # why it ended


class WebTokens(Protocol):
    """Questions shown on a page, one for each name."""

    async def replace(self, web_token: WebToken) -> None:
        """The newest counts: what this name was shown before is void."""

    async def consume(self, username: str, authenticator: str, now: int) -> WebToken | None:
        """Return and delete it in one statement, if it lives: of many, one gets it."""


class NetworkSessions(Protocol):
    """What NASes report."""

    async def replace(self, session: NetworkSession) -> None:
        """Write a report over the one before. What has ended stays as it ended, and the beginning stays."""

    async def find(self, session_id: str) -> NetworkSession | None: ...
    async def list_of(self, user_id: str, now: int) -> Sequence[NetworkSession]:
        """Those that last, oldest first."""

    async def end_of(self, service: str, nas: str, now: int, cause: str) -> int:
        """A NAS began anew: nothing that it reported before lasts. Returns how many there were."""
