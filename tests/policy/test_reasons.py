"""Why more is asked, or nobody gets in: the circumstances that people can see for themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from typing import Any

import pytest

from idp.policy import Deny, Given, Require, Rule, Verdict
from idp.policy.hours import parse_hours
from idp.policy.reasons import reasons
from idp.policy.terms import Requests
from tests.policy.test_decide import ATTEMPT

ONE, TWO = Require("one", ("matrix",)), Require("two", ("matrix", "totp"))
REST = Rule("rest", TWO)
OFFICE = {"networks": (ip_network("10.0.0.0/8"),)}
DAY = frozenset((date(2026, 11, 23),))


def rule(then: Verdict, **conditions: Any) -> Rule:
    return Rule(then.rule, then, **conditions)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([REST], ()),
        ([rule(ONE, **OFFICE), REST], ("outside",)),
        ([rule(TWO, **OFFICE), REST], ()),  # what is asked elsewhere is no less
        (
            [rule(ONE, **OFFICE, groups=frozenset({"board"})), REST],
            (),
        ),  # it would not be for him there either
        ([rule(Deny("no"), **OFFICE), REST], ()),
        ([rule(ONE, **OFFICE)], ("outside",)),
        ([rule(TWO, except_networks=(ip_network("10.0.0.0/8"),))], ("outside",)),
        ([rule(TWO, networks=(ip_network("192.0.2.0/24"),))], ("inside",)),
        ([rule(Deny("no"), countries=frozenset({"JP"}))], ("country",)),
        ([rule(ONE, hours=(parse_hours("Sun 00:00-24:00"),)), REST], ("hours",)),
        ([rule(ONE, holiday=True), REST], ("workday",)),
        ([rule(TWO, holiday=True, holidays=DAY)], ("holiday",)),
        ([rule(ONE, known_device=False), REST], ()),  # known is no reason for more
        ([rule(ONE, certificate=True), REST], ("certificate",)),
        ([rule(TWO, exposures=3)], ("exposures",)),
        ([rule(Deny("no"), requests=Requests("user", 1, 60))], ("requests",)),
        ([rule(replace(TWO, fresh_seconds=30))], ("fresh",)),
        ([rule(replace(TWO, fresh_seconds=60))], ()),
        (
            [rule(ONE, **OFFICE), rule(ONE, hours=(parse_hours("Sun 00:00-24:00"),)), REST],
            ("outside", "hours"),
        ),
    ],
)
def test_reasons(rules: list[Rule], expected: tuple[str, ...]) -> None:
    assert reasons(rules, ATTEMPT) == expected


def test_a_browser_that_nobody_knows_is_a_reason() -> None:
    attempt = replace(ATTEMPT, known=False, proofs=(Given("matrix"),))
    assert reasons([rule(ONE, known_device=True), REST], attempt) == ("browser",)
