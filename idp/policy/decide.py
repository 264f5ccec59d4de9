"""The one decision behind every door."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from idp.policy.attempt import Attempt
from idp.policy.conditions import ALWAYS
from idp.policy.rule import Rule
from idp.policy.rules import Decision, Rules
from idp.policy.verdict import Require


def decide(rules: Sequence[Rule], attempt: Attempt) -> Decision:
    """The first rule that matches decides; no match is a denial. `explain` says how it came to that."""
    return ready(rules).place(attempt.service, attempt.protocol).decide(attempt)


def behind(rules: Sequence[Rule], attempt: Attempt, decision: Decision) -> Decision:
    """What the rules behind an `allow` say as if nothing were proven; `decision`, which they made of the attempt, where
    it is no such. A rule that says itself which proofs it wants is none.
    """
    rule = decision.rule
    if rule is None or not rule.is_bare_allow:
        return decision
    return decide(rules, dataclasses.replace(attempt, proofs=()))


def settle(rules: Sequence[Rule], attempt: Attempt) -> Decision:
    """The decision once all proofs are given: as `decide`, but an `allow` counts only for whom a session has proven, or
    who has given what the rules behind it ask of him. Whom they deny stays out, whatever he gave.
    """
    decision = decide(rules, attempt)
    if attempt.session:
        return decision
    first = behind(rules, attempt, decision)
    is_met = isinstance(first.verdict, Require) and first.verdict.suffice(attempt.proofs)
    return decision if is_met else first


def ready(rules: Sequence[Rule]) -> Rules:
    """The rules with what is worked out once; who decides often keeps them so."""
    return rules if isinstance(rules, Rules) else Rules(rules)


def asked(rules: Sequence[Rule], attempt: Attempt) -> tuple[Require, ...]:
    """What this user may be asked at this service, from wherever and at whatever time; in the order of the rules."""
    found: list[Require] = []
    for rule in ready(rules).place(attempt.service, attempt.protocol).rules:
        if rule.failing(attempt, ALWAYS):
            continue
        if isinstance(rule.then, Require):
            found.append(rule.then)
        if rule.is_always:
            break
    return tuple(found)


def possible(rules: Sequence[Rule], attempt: Attempt) -> tuple[Require, ...]:
    """What somebody may be asked at this service, here and now, whoever he is: each choice of ways once, in the order
    of the rules; empty where nobody gets in, because no rule lets anyone or an earlier one denies everyone.
    """
    return ready(rules).place(attempt.service, attempt.protocol).possible(attempt)
