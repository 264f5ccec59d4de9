"""Which rules are never reached: what is plain to see of two rules; `test_properties` says that it is true."""

from __future__ import annotations

import random
from ipaddress import ip_network
from typing import Any

import pytest

from idp.policy import Deny, Rule
from idp.policy.covering import covers
from idp.policy.earlier import Earlier
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs, Requests


def rule(**conditions: Any) -> Rule:
    return Rule("x", Deny("x"), **conditions)


def spans(*texts: str) -> dict[str, Any]:
    return {"hours": tuple(map(parse_hours, texts))}


def nets(*texts: str) -> dict[str, Any]:
    return {"networks": tuple(map(ip_network, texts))}


def outside(*texts: str) -> dict[str, Any]:
    return {"except_networks": tuple(map(ip_network, texts))}


def named(key: str, *names: str) -> dict[str, Any]:
    return {key: frozenset(names)}


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ({}, named("groups", "staff"), True),
        (named("groups", "staff"), {}, False),
        (named("groups", "staff", "sales"), named("groups", "staff"), True),
        (named("groups", "staff"), named("all_groups", "staff", "sales"), True),
        (named("all_groups", "staff", "sales"), named("all_groups", "staff"), False),
        (named("no_groups", "sales"), named("groups", "staff"), False),
        (named("services", "wiki"), {**named("tags", "own"), **named("tagged", "wiki")}, True),
        (named("services", "wiki"), {**named("tags", "own"), **named("tagged", "wiki", "mail")}, False),
        (nets("10.0.0.0/8"), nets("10.1.0.0/16", "10.2.0.0/16"), True),
        (nets("10.0.0.0/8"), nets("10.1.0.0/16", "192.0.2.0/24"), False),
        (outside("10.0.0.0/8"), outside("10.0.0.0/8", "192.0.2.0/24"), True),
        (outside("10.0.0.0/8"), nets("192.0.2.0/24"), True),
        (outside("10.9.0.0/16"), nets("10.0.0.0/8"), False),
        (spans("Mon-Fri 07:00-22:00"), spans("Tue 09:00-17:00"), True),
        (spans("Mon-Fri 07:00-22:00"), spans("Sat 09:00-17:00"), False),
        (spans("07:00-22:00", "22:00-07:00"), spans("Sun 23:00-02:00"), True),
        (spans("Mon 00:00-02:00", "Sun 22:00-24:00"), spans("Sun 23:00-01:00"), True),
        (spans("Sun 22:00-24:00"), spans("Sun 23:00-01:00"), False),
        ({"holiday": True}, {"holiday": False}, False),
        (
            {"attributes": (Attribute("a", frozenset("12")),)},
            {"attributes": (Attribute("a", frozenset("1")),)},
            True,
        ),
        (
            {"attributes": (Attribute("a", frozenset()),)},
            {"attributes": (Attribute("a", frozenset("1")),)},
            False,
        ),
        ({"proofs": Proofs(within_seconds=60)}, {"proofs": Proofs(frozenset({"totp"}), 30)}, True),
        ({"proofs": Proofs(within_seconds=60)}, {"proofs": Proofs(frozenset({"totp"}))}, False),
        ({"exposures": 5}, {"exposures": 9}, True),
        ({"requests": Requests("user", 5, 60)}, {"requests": Requests("user", 4, 60)}, False),
    ],
)
def test_an_earlier_rule_covers_a_later_one(earlier: Any, later: Any, expected: bool) -> None:
    assert covers(rule(**earlier), rule(**later)) is expected


def test_what_covers_a_rule_is_found_as_if_all_before_it_were_asked() -> None:
    chance = random.Random(7)

    def some(*names: str) -> frozenset[str]:
        return frozenset(chance.sample(names, chance.choice((0, 0, 1, 2))))

    before, rules = Earlier(), list[Rule]()
    for _ in range(600):
        tags = some("own", "far")
        about = {"services": some("wiki", "mail", "vpn"), "tags": tags, "groups": some("a", "b", "c", "d")}
        tagged = some("wiki", "mail") if tags else frozenset[str]()
        later = rule(
            **about,
            tagged=tagged,
            all_groups=some("a", "b"),
            **spans(*some("Mon 07:00-22:00", "Tue 07:00-22:00")),
        )
        slowly = next((each for each in rules if covers(each, later)), None)
        assert before.covering(later, covers) is slowly
        if slowly is None or len(rules) < 20:
            before.add(later)
            rules.append(later)
    assert len(rules) > 20
