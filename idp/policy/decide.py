"""The one decision behind every door."""

from __future__ import annotations

from collections.abc import Sequence

from idp.policy.attempt import Attempt
from idp.policy.rule import Decision, Deny, Require, Rule, Tried

DEFAULT = "default"
IDENTITY = ("services", "protocols", "groups")  # conditions that hold, or not, wherever somebody is


def decide(rules: Sequence[Rule], attempt: Attempt) -> Decision:
    """The first rule that matches decides; no match is a denial."""
    trace: list[Tried] = []
    for rule in rules:
        failed = rule.failing(attempt)
        trace.append(Tried(rule.name, failed))
        if failed is None:
            return Decision(rule.then, tuple(trace))
    return Decision(Deny(DEFAULT), tuple(trace))


def asked(rules: Sequence[Rule], attempt: Attempt) -> tuple[Require, ...]:
    """What this user may be asked at this service, from wherever and at whatever time; in the order of the rules."""
    found: list[Require] = []
    for rule in rules:
        if rule.failing(attempt) in IDENTITY:
            continue
        if isinstance(rule.then, Require):
            found.append(rule.then)
        if rule.is_always:
            break
    return tuple(found)


def possible(rules: Sequence[Rule], attempt: Attempt) -> tuple[Require, ...]:
    """What somebody may be asked at this service, here and now, whatever his groups: each chain of proofs once, in
    the order of the rules; empty where nobody gets in, because no rule lets anyone or an earlier one denies everyone.
    """
    found: dict[tuple[str, ...], Require] = {}
    for rule in rules:
        if rule.failing(attempt, any_group=True) is not None:
            continue
        if isinstance(rule.then, Require):
            found.setdefault(rule.then.authenticators, rule.then)
        if not rule.groups:
            break
    return tuple(found.values())
