"""One change of the configuration, as a plan tells it and terminals and pages say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from idp.config.parts import Name, Sort

HIDDEN: Final = "(not shown)"
DEFAULT: Final = " (default)"  # behind what is so because nobody wrote anything else
NOTHING: Final = "-"
Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Detail:
    """One value: what it was and what it would be."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the configuration: `what` says in words which one; `sort`, `name` and `service` the same."""

    tenant: str  # empty for what is no tenant's
    what: str
    kind: Kind
    sort: Sort | Literal["order", "file"]
    name: str = ""
    service: str = ""  # of a door
    details: tuple[Detail, ...] = ()

    @classmethod
    def of(cls, name: Name, kind: Kind, details: tuple[Detail, ...] = ()) -> Change:
        """Of a part by its name."""
        return cls(name.tenant, name.words, kind, name.sort, name.name, name.service, details)
