"""All rules of a tenant made ready: who asks for a service meets only those that can match there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple

from idp.policy.attempt import Attempt
from idp.policy.conditions import ANYBODY, CONSOLE, VARYING, Condition, Holds
from idp.policy.needs import NOTHING, Needs, needs_of
from idp.policy.rule import Rule
from idp.policy.verdict import Deny, Require, Verdict, Way
from idp.policy.words import NO_MATCH

DEFAULT: Final = "default"
MOST: Final = 4096  # of what is remembered: what is asked for may come from a record of anybody's


class Decision(NamedTuple):
    """What was decided, and by which rule; None: none of them matched."""

    verdict: Verdict
    rule: Rule | None = None

    @property
    def why(self) -> str:
        """The conditions of the rule, as they were then, for administrators."""
        return self.rule.why if self.rule else NO_MATCH


NOBODY: Final = Decision(Deny(DEFAULT))


class Entry(NamedTuple):
    """A rule that can match here, and what is still to be asked of an attempt."""

    rule: Rule
    holds: tuple[Holds, ...]
    decision: Decision


class Place:
    """The rules for one service at one door."""

    def __init__(self, rules: Iterable[Rule], service: str, protocol: str) -> None:
        self.rules = tuple(rule for rule in rules if _is_for(rule, service, protocol))
        self.needs: Needs = needs_of(self.rules)
        self.is_plain = self.needs == NOTHING  # who knows the attempt knows all that these rules look at
        self._entries = [Entry(rule, _rest(rule), Decision(rule.then, rule)) for rule in self.rules]
        self._by_groups: dict[frozenset[str], tuple[Entry, ...]] = {}
        # Whether here it is the same for everybody whencever he comes, so that it is worked out once.
        self._is_steady = all(each.kind not in VARYING for rule in self.rules for each in rule.conditions)
        self._possible: tuple[Require, ...] | None = None

    def decide(self, attempt: Attempt) -> Decision:
        """The first rule all of whose conditions hold."""
        for entry in self._for(attempt.groups):
            for holds in entry.holds:
                if not holds(attempt):
                    break
            else:
                return entry.decision
        return NOBODY

    def possible(self, attempt: Attempt) -> tuple[Require, ...]:
        """What somebody may be asked, whoever he is: see `idp.policy.decide.possible`."""
        if self._possible is not None:
            return self._possible
        found: dict[tuple[Way, ...], Require] = {}
        for rule in self.rules:
            if rule.failing(attempt, ANYBODY):
                continue
            if isinstance(rule.then, Require):
                found.setdefault(rule.then.ways, rule.then)
            if all(each.kind in ANYBODY for each in rule.conditions):
                break
        possible = tuple(found.values())
        if self._is_steady:
            self._possible = possible
        return possible

    def _for(self, groups: frozenset[str]) -> tuple[Entry, ...]:
        """Those that are not for other groups alone: people have few sets of groups, so each is sifted once."""
        found = self._by_groups.get(groups)
        if found is None:
            if len(self._by_groups) >= MOST:
                self._by_groups.clear()
            found = tuple(each for each in self._entries if _is_of(each.rule, groups))
            self._by_groups[groups] = found
        return found


class Rules(tuple[Rule, ...]):
    """The rules of a tenant in their order; what was worked out for a service stays with them."""

    @cached_property
    def _places(self) -> dict[tuple[str, str], Place]:
        return {}

    def place(self, service: str, protocol: str) -> Place:
        """Those that can match there."""
        found = self._places.get((service, protocol))
        if found is None:
            if len(self._places) >= MOST:
                self._places.clear()
            found = self._places[service, protocol] = Place(self, service, protocol)
        return found

    @cached_property
    def needs(self) -> Needs:
        """What they look at, wherever."""
        return needs_of(self)

    @cached_property
    def by_name(self) -> dict[str, Rule]:
        """Each under its name."""
        return {rule.name: rule for rule in self}


def _is_for(rule: Rule, service: str, protocol: str) -> bool:
    return (
        (not rule.services or service in rule.services)
        and (not rule.tags or service in rule.tagged)
        and (not rule.protocols or protocol in rule.protocols)
        and not (service == CONSOLE and rule.is_kept_from_console)
    )


def _is_of(rule: Rule, groups: frozenset[str]) -> bool:
    return (
        (not rule.groups or not rule.groups.isdisjoint(groups))
        and rule.all_groups <= groups
        and rule.no_groups.isdisjoint(groups)
    )


def _rest(rule: Rule) -> tuple[Holds, ...]:
    """What is not settled by where the rule stands in the index."""
    return tuple(each.holds for each in rule.conditions if not _is_settled(each))


def _is_settled(condition: Condition) -> bool:
    return condition.kind == "service" or condition.name == "groups"
