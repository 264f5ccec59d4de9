"""That the console understands every condition that a rule can have, so that it says it in the reader's language."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

from idp.policy import Require, Rule
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs, Requests
from idp.web.console.values import seen, value
from tests.drawing import draw

HOURS = (parse_hours("Mon-Wed,Sat 07:00-22:00"), parse_hours("22:00-05:00"))
SAME = frozenset(("matrix", "totp"))
RULES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"services": frozenset({"wiki"})}, "wiki"),
    ({"tags": frozenset({"intranet"})}, "intranet"),
    ({"groups": frozenset({"staff", "sales"})}, "sales, staff"),
    ({"all_groups": frozenset({"staff", "vpn"})}, "staff, vpn のすべて"),
    ({"no_groups": frozenset({"leavers"})}, "leavers のいずれでもない"),
    ({"attributes": (Attribute("badge", frozenset()),)}, "badge なし"),
    ({"attributes": (Attribute("floor", frozenset({"3", "4"})),)}, "floor 3, 4"),
    ({"networks": (ip_network("10.0.0.0/8"),)}, "10.0.0.0/8"),
    ({"except_networks": (ip_network("10.0.0.0/8"),), "except_names": ("office",)}, "office 以外"),
    ({"countries": frozenset({"JP"})}, "JP"),
    ({"except_countries": frozenset({"JP", "US"})}, "JP, US 以外"),
    ({"certificate": True}, "はい"),
    ({"known_device": False}, "いいえ"),
    ({"holiday": True}, "はい"),
    ({"hours": HOURS}, "月–水, 土 07:00-22:00, 22:00-05:00"),
    ({"models": frozenset({"08987058-cadc-4b81-b6e1-30de50dcbe96"})}, "08987058-cadc-4b81-b6e1-30de50dcbe96"),
    ({"exposures": 20}, "20 回以上"),
    ({"requests": Requests("user", 10, 60)}, "利用者ごとに 60 秒間で 10 回を超過"),
    ({"requests": Requests("address", 9, 5)}, "アドレスごとに 5 秒間で 9 回を超過"),
    ({"proofs": Proofs()}, "いずれか"),
    ({"proofs": Proofs(SAME)}, "パターン, ワンタイムコード"),
    ({"proofs": Proofs(SAME, 60)}, "60 秒以内のパターン, ワンタイムコード"),
    ({"proofs": Proofs(frozenset(), None, "multi")}, "いずれかを含む二要素"),
    ({"proofs": Proofs(frozenset({"card"}), 60, "multi")}, "60 秒以内の、cardを含む二要素"),
)
SEEN = (
    ("groups", "none", "なし"),
    ("groups", "all staff", "all staff"),
    ("countries", "unknown", "不明"),
    ("hours", "Mon 09:12", "月 09:12"),
    ("holiday", "2026-11-23", "2026-11-23"),
    ("signed in", "false", "いいえ"),
    ("proofs", "matrix 60 s ago, card 0 s ago", "パターン 60 秒前, card 0 秒前"),
    ("attributes", "contractor true", "contractor true"),
)


FIELDS = ("user", "service", "door", "address", "at", "proofs", "model")


def said(*told: object) -> list[str]:
    """As a Japanese page has them."""
    fields = dict.fromkeys((*FIELDS, "known", "certificate"), "")
    text = {"kind": "text", "text": ""}
    failed = [{"condition": "", "seen": one, "wanted": text} for one in told]
    explained = {"outcome": "denied", "rule": "", "ways": [], "tried": [{"rule": "x", "failed": failed}]}
    page = draw(
        "console/explain", locale="ja", action="/", fields=fields, services=[], doors=[], explained=explained
    )
    return re.findall(r"<p>: (.*)（条件は ）</p>", page)


def wanted(given: dict[str, Any]) -> object:
    rule = Rule("x", Require("x", ("totp",)), protocols=frozenset({"console"}), **given)
    (condition,) = (each for each in rule.conditions if each.name != "protocols")
    return value(condition.name, condition.wanted)


def test_what_a_rule_wants_is_said_in_japanese() -> None:
    assert said(*(wanted(given) for given, _ in RULES)) == [words for _, words in RULES]
    (by_name,) = Rule("x", Require("x", ("totp",))).conditions
    assert said(value(by_name.name, by_name.wanted)) == ["console の名指し"]


def test_what_there_was_is_said_in_japanese() -> None:
    assert said(*(seen(condition, text) for condition, text, _ in SEEN)) == [words for *_, words in SEEN]
