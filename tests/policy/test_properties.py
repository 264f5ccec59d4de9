"""What holds of every set of rules and every attempt: total, deterministic, and nothing is opened by a denial."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.policy import Attempt, Decision, Deny, Require, Rule, Rules, asked, decide, possible, settle
from idp.policy.conditions import CONSOLE
from idp.policy.covering import covers
from idp.policy.explain import explain
from idp.policy.facts import from_facts, to_facts
from idp.policy.reasons import reasons
from tests.policy.made import any_rule, attempts

lists = st.lists(any_rule, max_size=5).map(
    lambda rules: Rules(
        replace(rule, name=f"r{place}", then=replace(rule.then, rule=f"r{place}"))
        for place, rule in enumerate(rules)
    )
)
few = settings(max_examples=100, deadline=None, derandomize=True)


def plainly(rules: Rules, attempt: Attempt) -> Decision:
    """The decision as the manual has it, without an index."""
    for rule in rules:
        if rule.failing(attempt) is None:
            return Decision(rule.then, rule)
    return Decision(Deny("default"))


@few
@given(lists, attempts)
def test_every_attempt_gets_one_decision_which_is_the_first_match(rules: Rules, attempt: Attempt) -> None:
    """Total and deterministic: with the index, without it, and again."""
    expected = plainly(rules, attempt)
    assert decide(rules, attempt) == decide(rules, attempt) == decide(tuple(rules), attempt) == expected
    explained, settled = explain(rules, attempt), settle(rules, attempt)
    assert explained.decision == settled and settled in (
        expected,
        plainly(rules, replace(attempt, proofs=())),
    )
    assert explained.tried[-1:] == () or ((explained.tried[-1].failed == ()) is (settled.rule is not None))
    if settled.rule is not None:
        assert explained.tried[-1].rule == settled.rule.name
    assert isinstance(reasons(rules, attempt), tuple)


@few
@given(lists, attempts)
def test_what_is_written_down_is_decided_alike(rules: Rules, attempt: Attempt) -> None:
    """Through JSON; and from other rules, which may look at other facts."""
    back = from_facts(orjson.loads(orjson.dumps(to_facts(attempt))))
    assert decide(rules, back) == decide(rules, attempt)
    assert to_facts(back) == to_facts(attempt)


@few
@given(lists, any_rule, st.integers(0, 6), attempts)
def test_adding_a_denial_opens_nothing(rules: Rules, rule: Rule, place: int, attempt: Attempt) -> None:
    """Wherever it is put, who was let in is let in by the same rule, or not at all."""
    denial = replace(rule, name="denial", then=Deny("denial"))
    after = decide(Rules((*rules[:place], denial, *rules[place:])), attempt).verdict
    assert after in (Deny("denial"), decide(rules, attempt).verdict)


@few
@given(lists, attempts, st.randoms(use_true_random=False))
def test_the_order_of_what_a_condition_lists_and_of_rules_that_never_meet_says_nothing(
    rules: Rules, attempt: Attempt, chance: Random
) -> None:
    matching = [rule for rule in rules if rule.failing(attempt) is None]
    others = [rule for rule in rules if rule.failing(attempt) is not None]
    shuffled = [*others]
    chance.shuffle(shuffled)
    assert decide(Rules((*shuffled, *matching)), attempt) == decide(rules, attempt)
    turned = Rules(
        replace(rule, networks=rule.networks[::-1], hours=rule.hours[::-1], attributes=rule.attributes[::-1])
        for rule in rules
    )
    assert decide(turned, attempt).verdict == decide(rules, attempt).verdict


@few
@given(lists, attempts)
def test_what_somebody_is_asked_is_among_what_he_and_anybody_may_be_asked(
    rules: Rules, attempt: Attempt
) -> None:
    """THREAT_MODEL.md 20: the questions that are possible are never fewer than those that are put."""
    verdict = decide(rules, attempt).verdict
    if isinstance(verdict, Require):
        assert verdict.ways in [one.ways for one in possible(rules, attempt)]
        assert verdict in asked(rules, attempt)


@few
@given(lists, attempts)
def test_who_has_proven_nothing_is_asked_for_something(rules: Rules, attempt: Attempt) -> None:
    """`allow` lets nobody in who has not proven himself in this session."""
    verdict = decide(rules, replace(attempt, proofs=())).verdict
    assert not isinstance(verdict, Require) or verdict.names


@few
@given(lists, attempts)
def test_nobody_enters_the_console_by_a_rule_that_does_not_name_it(rules: Rules, attempt: Attempt) -> None:
    """Neither is anybody asked for anything there; a denial needs not name it."""
    there = replace(attempt, service=CONSOLE, protocol=CONSOLE)
    decided = (decide(rules, there), settle(rules, there))
    for rule in (each.rule for each in decided if isinstance(each.verdict, Require)):
        assert rule is not None and CONSOLE in rule.services | rule.protocols
    naming = {rule.name for rule in rules if CONSOLE in rule.services | rule.protocols}
    assert {one.rule for one in (*asked(rules, there), *possible(rules, there))} <= naming


@few
@given(any_rule, any_rule, attempts)
def test_a_rule_that_is_covered_never_matches_alone(earlier: Rule, later: Rule, attempt: Attempt) -> None:
    assert covers(earlier, earlier)
    if covers(earlier, later) and later.failing(attempt) is None:
        assert earlier.failing(attempt) is None
