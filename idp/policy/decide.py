"""The one decision behind every door."""

from __future__ import annotations

from collections.abc import Sequence

from idp.policy.attempt import Attempt
from idp.policy.rule import Decision, Deny, Require, Rule, Tried

DEFAULT = "default"


def decide(rules: Sequence[Rule], attempt: Attempt) -> Decision:
    """The first rule that matches decides; no match is a denial."""
    trace: list[Tried] = []
    for rule in rules:
        failed = rule.failing(attempt)
        trace.append(Tried(rule.name, failed))
        if failed is None:
            return Decision(rule.then, tuple(trace))
    return Decision(Deny(DEFAULT), tuple(trace))


def usual(rules: Sequence[Rule], attempt: Attempt) -> Require | None:
    """What somebody whom we do not know, or will deny, is asked at this service: what most of its users are.

    It is the first requirement that could match anyone here and now, whatever his groups; None where nobody gets in,
    because no rule lets anyone or an earlier one denies everyone.
    """
    for rule in rules:
        if rule.failing(attempt, any_group=True) is not None:
            continue
        if isinstance(rule.then, Require):
            return rule.then
        if not rule.groups:
            return None
    return None
