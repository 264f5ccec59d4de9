"""Which proofs an attempt needs: first match decides, no match denies, and the trace says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from zoneinfo import ZoneInfo

import pytest

from idp.policy import Attempt, Deny, Given, Require, Rule, decide, possible
from idp.policy.explain import Explanation, explain
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs, Requests
from storage.records import User

STAFF = User("1", "alice", 0, groups=frozenset(("staff", "sales")))
GUEST = User("2", "carol", 0)
NOON = int(datetime.fromisoformat("2026-11-23T12:00+09:00").timestamp())  # a Monday
MODEL = "08987058-cadc-4b81-b6e1-30de50dcbe96"
ATTEMPT = Attempt(
    "oidc",
    "wiki",
    ip_address("192.0.2.7"),
    NOON,
    STAFF,
    (Given("matrix", 60, "knowledge"), Given("passkey", 5, "possession", MODEL)),
    {"floor": 3, "clubs": ["chess", "go"], "contractor": True},
    "JP",
    known=True,
    exposures=3,
    requests={"user 60": 2},
)

MATRIX = Require("matrix", ("matrix",))
ANYONE = Rule("anyone", Require("anyone", ("password",)))


def rule(**conditions: object) -> Rule:
    return replace(Rule("matrix", MATRIX), **conditions)  # type: ignore[arg-type]


def tried(explained: Explanation) -> list[tuple[str, str | None]]:
    """The rules that were tried, each with the first condition that failed."""
    return [(each.rule, each.failed[0].condition if each.failed else None) for each in explained.tried]


def test_without_a_rule_nobody_gets_in() -> None:
    assert decide([], ATTEMPT).verdict == Deny("default")


def test_without_a_match_nobody_gets_in() -> None:
    explained = explain([rule(groups=frozenset(("board",)))], ATTEMPT)
    assert explained.decision.verdict == Deny("default")
    assert tried(explained) == [("matrix", "groups")]


def test_the_first_match_decides() -> None:
    deny = Rule("no", Deny("no"))
    assert decide([ANYONE, deny], ATTEMPT).verdict == ANYONE.then
    assert decide([deny, ANYONE], ATTEMPT).verdict == deny.then


def test_the_trace_names_the_condition_that_failed_and_ends_with_the_match() -> None:
    rules = [rule(services=frozenset(("mail",))), rule(protocols=frozenset(("saml",))), ANYONE, ANYONE]
    assert tried(explain(rules, ATTEMPT)) == [
        ("matrix", "services"),
        ("matrix", "protocols"),
        ("anyone", None),
    ]


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        ({}, None),
        ({"services": frozenset(("wiki", "mail"))}, None),
        ({"services": frozenset(("mail",))}, "services"),
        ({"protocols": frozenset(("oidc",))}, None),
        ({"protocols": frozenset(("radius",))}, "protocols"),
        ({"groups": frozenset(("board", "sales"))}, None),
        ({"groups": frozenset(("board",))}, "groups"),
        ({"networks": (ip_network("10.0.0.0/8"), ip_network("192.0.2.0/24"))}, None),
        ({"networks": (ip_network("10.0.0.0/8"),)}, "networks"),
        ({"networks": (ip_network("2001:db8::/32"),)}, "networks"),
        ({"except_networks": (ip_network("10.0.0.0/8"),)}, None),
        ({"except_networks": (ip_network("192.0.2.0/24"),)}, "networks"),
        ({"hours": (parse_hours("Mon 11:00-13:00"),)}, None),
        ({"hours": (parse_hours("Tue 11:00-13:00"), parse_hours("Mon 12:00-12:01"))}, None),
        ({"hours": (parse_hours("Mon 13:00-14:00"),)}, "hours"),
        ({"hours": (parse_hours("Mon 02:00-04:00"),), "zone": ZoneInfo("UTC")}, None),
        ({"tags": frozenset(("own",)), "tagged": frozenset(("wiki",))}, None),
        ({"tags": frozenset(("own",)), "tagged": frozenset()}, "tags"),
        ({"all_groups": frozenset(("staff", "sales"))}, None),
        ({"all_groups": frozenset(("staff", "board"))}, "groups"),
        ({"no_groups": frozenset(("board",))}, None),
        ({"no_groups": frozenset(("sales",))}, "groups"),
        ({"attributes": (Attribute("floor", frozenset(("3", "4"))),)}, None),
        ({"attributes": (Attribute("clubs", frozenset(("go",))),)}, None),
        ({"attributes": (Attribute("contractor", frozenset(("false",))),)}, "attributes"),
        ({"attributes": (Attribute("badge", frozenset()),)}, None),
        ({"attributes": (Attribute("floor", frozenset()),)}, "attributes"),
        ({"countries": frozenset(("JP",))}, None),
        ({"except_countries": frozenset(("JP",))}, "countries"),
        ({"holiday": True, "holidays": frozenset((date(2026, 11, 23),))}, None),
        ({"holiday": False, "holidays": frozenset((date(2026, 11, 23),))}, "holiday"),
        ({"known_device": True}, None),
        ({"known_device": False}, "device.known"),
        ({"certificate": False}, None),
        ({"certificate": True}, "device.certificate"),
        ({"models": frozenset((MODEL,))}, None),
        ({"models": frozenset(("other",))}, "device.models"),
        ({"proofs": Proofs(frozenset(("matrix", "totp")), 60)}, None),
        ({"proofs": Proofs(frozenset(("matrix",)), 59)}, "proofs"),
        ({"proofs": Proofs(strength="multi")}, None),
        ({"proofs": Proofs(within_seconds=59, strength="multi")}, "proofs"),
        ({"exposures": 3}, None),
        ({"exposures": 4}, "exposures"),
        ({"requests": Requests("user", 1, 60)}, None),
        ({"requests": Requests("user", 2, 60)}, "requests"),
        ({"requests": Requests("address", 1, 60)}, "requests"),
    ],
)
def test_each_condition(conditions: dict[str, object], failed: str | None) -> None:
    one = rule(**conditions)
    assert one.failing(ATTEMPT) == failed
    assert decide([one], ATTEMPT).verdict == (MATRIX if failed is None else Deny("default"))
    told = explain([one], ATTEMPT).tried[0].failed
    assert [each.condition for each in told] == ([failed] if failed else [])
    assert all(each.wanted and each.seen for each in told)


def test_all_conditions_must_hold() -> None:
    both = rule(groups=frozenset(("staff",)), services=frozenset(("mail",)))
    assert both.failing(ATTEMPT) == "services"


def test_somebody_without_a_group_matches_no_group() -> None:
    only = rule(groups=frozenset(("staff",)))
    assert only.failing(replace(ATTEMPT, user=GUEST)) == "groups"
    assert only.failing(replace(ATTEMPT, user=None)) == "groups"


def test_possible_is_what_somebody_may_be_asked_each_chain_once() -> None:
    """A stranger must not learn from the question whether a name is known."""
    rules = [
        rule(services=frozenset(("mail",))),
        Rule("guests out", Deny("guests out"), groups=frozenset(("guests",))),
        Rule("staff", Require("staff", ("matrix", "totp")), groups=frozenset(("staff",))),
        Rule("sales", Require("sales", ("matrix", "totp"), "strong"), groups=frozenset(("sales",))),
        ANYONE,
        Rule("never reached", Require("never", ("totp",)), groups=frozenset(("board",))),
    ]
    assert possible(rules, replace(ATTEMPT, user=None)) == (Require("staff", ("matrix", "totp")), ANYONE.then)


def test_what_is_possible_depends_on_place_and_hour_but_on_nobodys_groups() -> None:
    rules = [
        rule(networks=(ip_network("10.0.0.0/8"),)),
        Rule("board", Require("board", ("totp",)), groups=frozenset(("board",))),
    ]
    for user in (None, STAFF, GUEST):
        assert possible(rules, replace(ATTEMPT, user=user)) == (Require("board", ("totp",)),)


def test_nothing_is_possible_where_nobody_gets_in() -> None:
    assert possible([Rule("no", Deny("no")), ANYONE], ATTEMPT) == ()
