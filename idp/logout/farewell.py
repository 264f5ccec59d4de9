"""How a service learns that a session has ended, and what came of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Visited(Protocol):
    """Where a session went: `client_id` says which of those that share the name of the service."""

    @property
    def service(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def sid(self) -> str: ...


class Untold(Exception):
    """A service could not be told; says why, in words for the administrator."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """What a door can do for one of its services. With neither, the service cannot be told."""

    tells: bool = False  # the door itself tells it
    frame: str = ""  # the user's browser tells it by loading this address
    names: Mapping[str, str] | None = None  # what it is called, by language, if it stands in no file
    path: str = ""  # ours: from there the user's browser goes to the service itself, and comes back


class Result(enum.StrEnum):
    """What became of it, as the user is told. Nothing is claimed that we do not know."""

    DONE = "done"
    PENDING = "pending"  # it could not be reached, and will be
    WAITING = "waiting"  # the browser has still to go there
    ASKED = "asked"  # by the browser, which was not told whether it worked
    FAILED = "failed"  # it answered that it could not
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Told:
    """One service that the session went to."""

    service: str
    result: Result
    frame: str = ""
    names: Mapping[str, str] | None = None
    path: str = ""
    client_id: str = ""
    sid: str = ""
    delivery: str = ""  # under which id it is told later, unless the browser has told it by then
