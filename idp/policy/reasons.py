"""Why somebody is asked for more than others, or kept out: the circumstances alone, for the one whom it is about.

What he is, his groups and attributes, is no circumstance, and neither is any rule's name: people are told what they can
see for themselves, where they are and when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from idp.policy.attempt import Attempt
from idp.policy.conditions import Condition
from idp.policy.decide import ready
from idp.policy.rule import Rule
from idp.policy.verdict import Require, Verdict

NOT: Final = "not "


def reasons(rules: Sequence[Rule], attempt: Attempt) -> tuple[str, ...]:
    """The circumstances that the deciding rule names, and those for want of which an easier one before it does not
    decide: inside, outside, country, hours, holiday, workday, browser, certificate, exposures, requests, fresh.
    """
    found: dict[str, None] = {}
    passed: list[tuple[Rule, list[Condition]]] = []
    verdict: Verdict | None = None
    for rule in ready(rules).place(attempt.service, attempt.protocol).rules:
        failed = [each for each in rule.conditions if not each.holds(attempt)]
        if not failed:
            verdict = rule.then
            found |= dict.fromkeys(_named(rule.conditions, holds=True))
            break
        passed.append((rule, failed))
    for rule, failed in passed:
        named = [*_named(failed, holds=False)]
        if len(named) == len(failed) and _is_easier(rule.then, verdict):
            found |= dict.fromkeys(named)
    if isinstance(verdict, Require) and _is_stale(verdict, attempt):
        found["fresh"] = None
    return tuple(found)


def _is_easier(then: Verdict, decided: Verdict | None) -> bool:
    """Whether the rule before would have asked for less, or let in whom the one that decided keeps out."""
    if not isinstance(then, Require):
        return False
    return not isinstance(decided, Require) or _shortest(then) < _shortest(decided)


def _shortest(verdict: Require) -> int:
    return min(map(len, verdict.ways))


def _is_stale(verdict: Require, attempt: Attempt) -> bool:
    limit = verdict.fresh_seconds
    return limit is not None and any(each.age > limit for each in attempt.proofs)


def _named(conditions: Sequence[Condition], *, holds: bool) -> Iterator[str]:
    """The circumstance that each of the conditions is about, if it is about one."""
    for condition in conditions:
        if name := CIRCUMSTANCES.get(condition.name, _none)(condition.wanted, holds):
            yield name


def _none(_wanted: str, _holds: bool) -> str:
    return ""


def _network(wanted: str, holds: bool) -> str:
    return "inside" if holds is not wanted.startswith(NOT) else "outside"


def _day(wanted: str, holds: bool) -> str:
    return "holiday" if (wanted == "true") is holds else "workday"


def _lacks(name: str) -> Callable[[str, bool], str]:
    """Told where it is not there."""
    return lambda wanted, holds: "" if (wanted == "true") is holds else name


def _exceeds(name: str) -> Callable[[str, bool], str]:
    """Told where it is the case."""
    return lambda _, holds: name if holds else ""


CIRCUMSTANCES: Final[Mapping[str, Callable[[str, bool], str]]] = {
    "networks": _network,
    "countries": lambda _wanted, _holds: "country",
    "hours": lambda _wanted, _holds: "hours",
    "holiday": _day,
    "device.known": _lacks("browser"),
    "device.certificate": _lacks("certificate"),
    "exposures": _exceeds("exposures"),
    "requests": _exceeds("requests"),
}
