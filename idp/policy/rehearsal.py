"""What other rules would have done to logins of the past: both decide what was written down of each."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from idp.policy.attempt import Given
from idp.policy.conditions import Holds
from idp.policy.decide import ready, settle
from idp.policy.facts import from_facts
from idp.policy.rule import Rule
from idp.policy.rules import Decision
from idp.policy.verdict import Deny, Require

# let in: with the proofs that were given. asked: for more than those.
Standing = Literal["let in", "asked for more", "denied"]
TIMES: Final = ("hours", "holiday")
PLACES: Final = ("networks",)
EXAMPLES: Final = 5  # of each kind of flip
MOST: Final = 500_000  # of what is remembered


@dataclass(frozen=True, slots=True)
class Flip:
    """A way in which logins change: from what one rule says to what another does."""

    before: Standing
    after: Standing
    rule_before: str
    rule_after: str


@dataclass(frozen=True, slots=True)
class Example:
    """One login, by what finds it in the audit log."""

    at: int  # epoch seconds
    user_id: str | None
    service: str
    reference: str


@dataclass(slots=True)
class Findings:
    """What was found so far; two are joined by `add`."""

    attempts: int = 0
    unknown: int = 0  # without facts: of a person who was erased, or of a time before they were written down
    flips: Counter[Flip] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)  # the same, but another rule says so
    examples: dict[Flip, list[Example]] = field(default_factory=dict)

    @property
    def flipped(self) -> int:
        return self.flips.total()

    def add(self, other: Findings) -> None:
        """What was found in a later time."""
        self.attempts += other.attempts
        self.unknown += other.unknown
        self.flips += other.flips
        self.moved += other.moved
        for flip, found in other.examples.items():
            kept = self.examples.setdefault(flip, [])
            kept += found[: EXAMPLES - len(kept)]


class Rehearsal:
    """The rules in force beside the candidates. What both decide for equal facts is worked out once."""

    def __init__(self, active: Sequence[Rule], candidate: Sequence[Rule]) -> None:
        self.findings = Findings()
        self._rules = ready(active), ready(candidate)
        everything = (*active, *candidate)
        self._times = _different(everything, TIMES)
        self._places = _different(everything, PLACES)
        self._limits = sorted(set(_limits(everything)))
        self._known: dict[tuple[Any, ...], Flip] = {}
        self._seen: dict[str, tuple[bool, ...]] = {}  # what the conditions of place say of an address
        self._minute: tuple[int, tuple[bool, ...]] = (-1, ())

    def take(self, facts: Mapping[str, Any] | None, example: Example) -> None:
        """One login of the past, oldest first; `facts` are those of `idp.policy.facts`, None where they are gone."""
        found = self.findings
        found.attempts += 1
        if facts is None:
            found.unknown += 1
            return
        key = self._key(facts)
        flip = self._known.get(key)
        if flip is None:
            if len(self._known) >= MOST:
                self._known.clear()
            flip = self._known[key] = self._decide(facts)
        if flip.before != flip.after:
            found.flips[flip] += 1
            if found.flips[flip] <= EXAMPLES:
                found.examples.setdefault(flip, []).append(example)
        elif flip.rule_before != flip.rule_after:
            found.moved[flip.rule_before, flip.rule_after] += 1

    def _decide(self, facts: Mapping[str, Any]) -> Flip:
        attempt = from_facts(facts)
        before, after = (settle(rules, attempt) for rules in self._rules)
        return Flip(
            standing(before, attempt.proofs),
            standing(after, attempt.proofs),
            before.verdict.rule,
            after.verdict.rule,
        )

    def _key(self, facts: Mapping[str, Any]) -> tuple[Any, ...]:
        """The same for all facts that no rule can tell apart: of times and ages only what rules see of them."""
        get = facts.get
        limits = self._limits
        proofs = tuple([(each[0], bisect_left(limits, each[1]), *each[2:]) for each in get("proofs", ())])
        groups, attributes, requests = get("groups"), get("attributes"), get("requests")
        return (
            facts["door"],
            facts["service"],
            self._place(facts),
            tuple(groups) if groups else None,
            proofs,
            get("session"),
            get("country"),
            get("known"),
            get("certificate"),
            get("exposures"),
            repr(attributes) if attributes else None,
            repr(requests) if requests else None,
            self._clock(facts) if self._times else None,
        )

    def _clock(self, facts: Mapping[str, Any]) -> tuple[bool, ...]:
        """What the conditions of time say. None of them looks at seconds, and logins come in their order."""
        minute = facts["at"] // 60
        if minute != self._minute[0]:
            attempt = from_facts(facts)
            self._minute = minute, tuple([holds(attempt) for holds in self._times])
        return self._minute[1]

    def _place(self, facts: Mapping[str, Any]) -> tuple[bool, ...]:
        """What the conditions of place say: of all addresses rules know only in which networks they are."""
        ip = facts["ip"]
        found = self._seen.get(ip)
        if found is None:
            attempt = from_facts(facts)
            found = self._seen[ip] = tuple([holds(attempt) for holds in self._places])
        return found


def standing(decision: Decision, proofs: Sequence[Given]) -> Standing:
    """What it means for whom has proven that much."""
    verdict = decision.verdict
    if isinstance(verdict, Deny):
        return "denied"
    return "let in" if verdict.suffice(proofs) else "asked for more"


def _different(rules: Sequence[Rule], names: Collection[str]) -> tuple[Holds, ...]:
    """The conditions of these names, each once however many rules have it."""
    found: dict[Hashable, Holds] = {}
    for rule in rules:
        asked = (rule.networks, rule.except_networks, rule.hours, rule.zone, rule.holiday, rule.holidays)
        for place, condition in enumerate(each for each in rule.conditions if each.name in names):
            found.setdefault((condition.name, place, *asked), condition.holds)
    return tuple(found.values())


def _limits(rules: Sequence[Rule]) -> Iterator[int]:
    """Every age of a proof, in seconds, at which some rule begins to say something else."""
    for rule in rules:
        if rule.proofs is not None and rule.proofs.within_seconds is not None:
            yield rule.proofs.within_seconds
        if isinstance(rule.then, Require) and rule.then.longest_seconds is not None:
            yield rule.then.longest_seconds
