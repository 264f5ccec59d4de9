"""How a decision came to be: every rule that was tried, and which of its conditions failed on what."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from idp.policy.attempt import Attempt, Given
from idp.policy.conditions import local, written
from idp.policy.decide import decide, settle
from idp.policy.rule import Rule
from idp.policy.rules import Decision
from idp.policy.words import NOTHING, listed, truth


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition that did not hold: what the rule wanted, and what there was."""

    condition: str
    wanted: str
    seen: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule, and what failed; nothing: it matched."""

    rule: str
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision, and the rules that were tried in their order, the one that decided last."""

    decision: Decision
    tried: tuple[Tried, ...]


def explain(rules: Sequence[Rule], attempt: Attempt) -> Explanation:
    """The same decision as `settle`, which is quicker since it says less.

    Where an `allow` is not content, the rules are tried as if nothing were proven, which is how they came to it.
    """
    decision = settle(rules, attempt)
    if decision != decide(rules, attempt):
        attempt = dataclasses.replace(attempt, proofs=())
    tried: list[Tried] = []
    for rule in rules:
        failed = tuple(
            Failed(each.name, each.wanted, seen(rule, attempt, each.name))
            for each in rule.conditions
            if not each.holds(attempt)
        )
        tried.append(Tried(rule.name, failed))
        if not failed:
            break
    return Explanation(decision, tuple(tried))


def seen(rule: Rule, attempt: Attempt, condition: str) -> str:
    """What the attempt has where the condition of that name looks."""
    return SEEN[condition](rule, attempt) or NOTHING


def _attributes(rule: Rule, attempt: Attempt) -> str:
    has = {
        one.name: attempt.attributes[one.name] for one in rule.attributes if one.name in attempt.attributes
    }
    return "; ".join(f"{name} {', '.join(written(value))}" for name, value in has.items())


def _requests(rule: Rule, attempt: Attempt) -> str:
    return str(attempt.requests.get(rule.requests.key, 0)) if rule.requests else ""


def proof_words(given: Given) -> str:
    """A proof with its age."""
    return f"{given.authenticator} {given.age} s ago"


SEEN: Final[Mapping[str, Callable[[Rule, Attempt], str]]] = {
    "services": lambda _, one: one.service,
    "tags": lambda _, one: one.service,
    "protocols": lambda _, one: one.protocol,
    "groups": lambda _, one: listed(one.groups),
    "attributes": _attributes,
    "networks": lambda _, one: str(one.address),
    "countries": lambda _, one: one.country or "unknown",
    "hours": lambda rule, one: f"{local(one.at, rule.zone):%a %H:%M}",
    "holiday": lambda rule, one: f"{local(one.at, rule.zone):%Y-%m-%d}",
    "device.certificate": lambda _, one: truth(one.certificate),
    "device.known": lambda _, one: truth(one.known),
    "device.models": lambda _, one: listed({each.model for each in one.proofs if each.model}),
    "exposures": lambda _, one: str(one.exposures),
    "requests": _requests,
    "proofs": lambda _, one: ", ".join(map(proof_words, one.proofs)),
    "signed in": lambda _, one: truth(bool(one.proofs)),
}
