"""Rules: conditions, and what follows where all of them hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from idp.policy.attempt import Attempt
from idp.policy.conditions import ALL, ALWAYS, BY_NAME, Condition, Kind, conditions_of
from idp.policy.terms import Attribute, Hours, Network, Proofs, Requests
from idp.policy.verdict import Require, Verdict
from idp.policy.words import EVERYONE


@dataclass(frozen=True)
class Rule:
    """An empty condition holds for everyone, and so does None."""

    name: str
    then: Verdict
    services: frozenset[str] = frozenset()
    protocols: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()  # any of these
    networks: tuple[Network, ...] = ()
    except_networks: tuple[Network, ...] = ()
    hours: tuple[Hours, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tokyo"))
    tags: frozenset[str] = frozenset()  # the service has one of these
    tagged: frozenset[str] = frozenset()  # the services that have
    all_groups: frozenset[str] = frozenset()
    no_groups: frozenset[str] = frozenset()
    attributes: tuple[Attribute, ...] = ()
    countries: frozenset[str] = frozenset()
    except_countries: frozenset[str] = frozenset()
    holiday: bool | None = None
    holidays: frozenset[date] = frozenset()  # the tenant's
    known_device: bool | None = None
    certificate: bool | None = None
    models: frozenset[str] = frozenset()  # of passkeys, as AAGUIDs
    proofs: Proofs | None = None
    exposures: int = 0  # at least so many
    requests: Requests | None = None
    network_names: tuple[str, ...] = ()  # as they are written, for words
    except_names: tuple[str, ...] = ()

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Those that it has, the cheapest first."""
        return conditions_of(self)

    @cached_property
    def why(self) -> str:
        """The same in words, for administrators."""
        said = [f"{each.name} {each.wanted}" for each in self.conditions if each is not BY_NAME]
        return "; ".join(said) or EVERYONE

    def failing(self, attempt: Attempt, kinds: Collection[Kind] = ALL) -> str | None:
        """The first condition of these kinds that does not hold, by name; None if all do."""
        for condition in self.conditions:
            if condition.kind in kinds and not condition.holds(attempt):
                return condition.name
        return None

    @property
    def is_bare_allow(self) -> bool:
        """Whether it is content with a session, and does not say itself which proofs it wants."""
        is_allow = isinstance(self.then, Require) and not self.then.names
        return is_allow and self.proofs is None and not self.models

    @property
    def is_kept_from_console(self) -> bool:
        """Whether it says nothing of the console, so that it lets nobody in there."""
        return BY_NAME in self.conditions

    @property
    def is_always(self) -> bool:
        """Whether it holds for its people wherever they are, at any time, whatever they have proven."""
        return all(each.kind in ALWAYS for each in self.conditions)
