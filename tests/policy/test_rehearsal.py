"""`idp.policy.rehearsal`: what other rules would have done to logins of the past."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.policy import Deny, Require, Rule, decide, settle
from idp.policy.explain import explain
from idp.policy.facts import from_facts
from idp.policy.hours import parse_hours
from idp.policy.rehearsal import EXAMPLES, Example, Findings, Flip, Rehearsal
from idp.policy.terms import Proofs

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = 1_800_201_600 - 9 * 3600  # midnight there
STAFF = Rule("staff", Require("staff", ("matrix",)), groups=frozenset(("staff",)))
TWO = Rule("staff", Require("staff", ("matrix", "totp")), groups=frozenset(("staff",)))
ALL = Rule("all", Require("all", ("matrix",)))
FACTS: dict[str, Any] = {
    "door": "oidc",
    "service": "wiki",
    "ip": "192.0.2.1",
    "at": MONDAY,
    "groups": ["staff"],
    "proofs": [["matrix", 3, "knowledge"]],
}


def rehearsed(active: list[Rule], candidate: list[Rule], *facts: dict[str, Any] | None) -> Findings:
    rehearsal = Rehearsal(active, candidate)
    for place, each in enumerate(facts):
        rehearsal.take(each, Example(place, None, "wiki", f"R{place}"))
    return rehearsal.findings


def test_each_kind_of_flip_is_told_by_its_rules() -> None:
    stranger = {**FACTS, "groups": []}
    cases = [
        ([STAFF], [], Flip("let in", "denied", "staff", "default"), FACTS),
        ([STAFF], [ALL], Flip("denied", "let in", "default", "all"), stranger),
        ([STAFF], [TWO], Flip("let in", "asked for more", "staff", "staff"), FACTS),
        ([TWO], [STAFF], Flip("asked for more", "let in", "staff", "staff"), FACTS),
    ]
    for active, candidate, flip, facts in cases:
        found = rehearsed(active, candidate, facts)
        assert found.flips == {flip: 1}
        assert found.examples == {flip: [Example(0, None, "wiki", "R0")]}


def test_the_same_by_another_rule_is_counted_apart() -> None:
    found = rehearsed([STAFF], [ALL], FACTS)
    assert not found.flips
    assert found.moved == {("staff", "all"): 1}


def test_an_allow_is_content_with_a_session_or_with_what_the_rules_behind_it_ask() -> None:
    """Whoever is none of them stays out in a rehearsal too, whatever he had to give, and the explanation says so."""
    leave = Rule("leave", Require("leave", ()), services=frozenset(("wiki",)))
    stranger = {**FACTS, "groups": []}
    assert not rehearsed([leave, STAFF], [STAFF], stranger).flipped
    stood = rehearsed([leave, STAFF], [STAFF], {**stranger, "session": True})
    assert stood.flips == {Flip("let in", "denied", "leave", "default"): 1}
    assert rehearsed([leave, STAFF], [STAFF], FACTS).moved == {("leave", "staff"): 1}
    explained = explain([leave, STAFF], from_facts(stranger))
    assert [(each.rule, [one.condition for one in each.failed]) for each in explained.tried] == [
        ("leave", ["signed in"]),
        ("staff", ["groups"]),
    ]
    assert settle([leave, STAFF], from_facts({**stranger, "session": True})).rule is leave


def test_what_nobody_knows_any_more_is_counted_and_flips_nothing() -> None:
    found = rehearsed([STAFF], [], None, FACTS)
    assert (found.attempts, found.unknown, found.flipped) == (2, 1, 1)


def test_a_few_examples_of_each_kind_are_kept_and_joined_in_their_order() -> None:
    first, second = (rehearsed([STAFF], [], *[FACTS] * 3) for _ in range(2))
    first.add(second)
    flip = Flip("let in", "denied", "staff", "default")
    assert first.flips == {flip: 6} and first.attempts == 6
    assert [each.reference for each in first.examples[flip]] == ["R0", "R1", "R2", "R0", "R1"]
    assert len(first.examples[flip]) == EXAMPLES


HOURS = (parse_hours("Mon-Fri 09:00-17:00"),)
NETWORK = (ip_network("192.0.2.0/25"),)
RULES = [
    Rule(
        "night", Deny("night"), hours=(parse_hours("22:00-06:30"),), zone=TOKYO, services=frozenset(("vpn",))
    ),
    Rule(
        "inside", Require("inside", ("matrix",), fresh_seconds=60), networks=NETWORK, groups=frozenset("ab")
    ),
    Rule("outside", Require("outside", ("matrix", "totp")), except_networks=NETWORK, hours=HOURS, zone=TOKYO),
    Rule("proven", Require("proven", ("matrix",)), proofs=Proofs(within_seconds=300)),
    Rule("holiday", Deny("holiday"), holiday=True, holidays=frozenset(), zone=TOKYO),
    Rule("others", Require("others", ("password",), others=(("totp",),)), no_groups=frozenset("c")),
]
ages = st.sampled_from((0, 59, 60, 61, 299, 300, 301))
facts = st.fixed_dictionaries(
    {
        "door": st.just("oidc"),
        "service": st.sampled_from(("wiki", "vpn")),
        "ip": st.sampled_from(("192.0.2.1", "192.0.2.200", "2001:db8::1")),
        "at": st.sampled_from([MONDAY + hour * 3600 for hour in (3, 6, 7, 10, 23, 5 * 24 + 10)]),
        "groups": st.sampled_from(([], ["a"], ["a", "c"])),
        "proofs": st.tuples(st.sampled_from(("matrix", "totp")), ages, st.just("knowledge")).map(
            lambda proof: [list(proof)]
        ),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.permutations(RULES), st.permutations(RULES), st.lists(facts, min_size=12, max_size=16))
def test_what_is_remembered_is_what_would_be_decided(
    active: list[Rule], candidate: list[Rule], attempts: list[dict[str, Any]]
) -> None:
    """Equal facts decide equally: of times, addresses and ages only what rules see of them is compared."""
    found = rehearsed(active, candidate, *attempts)
    differ = 0
    for each in attempts:
        attempt = from_facts(each)
        before, after = (decide(rules, attempt).verdict for rules in (active, candidate))
        stands = [isinstance(one, Require) and (one.suffice(attempt.proofs), "in") for one in (before, after)]
        differ += stands[0] != stands[1]
    assert found.flipped == differ
    assert rehearsed(active, active, *attempts).flipped == 0
