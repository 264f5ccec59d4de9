"""That the console understands every condition that a rule can have, so that it says it in the reader's language."""

from __future__ import annotations

import re
from ipaddress import ip_network
from itertools import product
from typing import Any, get_args, get_type_hints

import pytest

from idp.config.change import DEFAULT, HIDDEN, NOTHING, Change, Kind
from idp.config.drift import WORDS, Difference, How
from idp.policy import Require, Rule
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs, Requests
from idp.web.console.values import seen, setting, value
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
    ({"hours": HOURS}, "月–水、土 07:00-22:00、22:00-05:00"),
    ({"models": frozenset({"08987058-cadc-4b81-b6e1-30de50dcbe96"})}, "08987058-cadc-4b81-b6e1-30de50dcbe96"),
    ({"exposures": 20}, "20回以上"),
    ({"requests": Requests("user", 10, 60)}, "利用者ごとに60秒間で10回を超過"),
    ({"requests": Requests("address", 9, 5)}, "アドレスごとに5秒間で9回を超過"),
    ({"proofs": Proofs()}, "いずれか"),
    ({"proofs": Proofs(SAME)}, "パターン、ワンタイムコード"),
    ({"proofs": Proofs(SAME, 60)}, "60秒以内のパターン、ワンタイムコード"),
    ({"proofs": Proofs(frozenset(), None, "multi")}, "いずれかを含む二要素"),
    ({"proofs": Proofs(frozenset({"card"}), 60, "multi")}, "60秒以内の、cardを含む二要素"),
)
SEEN = (
    ("groups", "none", "なし"),
    ("groups", "all staff", "all staff"),
    ("countries", "unknown", "不明"),
    ("hours", "Mon 09:12", "月 09:12"),
    ("holiday", "2026-11-23", "2026-11-23"),
    ("signed in", "false", "いいえ"),
    ("proofs", "matrix 60 s ago, card 0 s ago", "パターン 60秒前、card 0秒前"),
    ("attributes", "contractor true", "contractor true"),
)


FIELDS = ("user", "service", "door", "address", "at", "proofs", "model")
EMPTY = dict.fromkeys((*FIELDS, "known", "certificate"), "")


def said(*told: object) -> list[str]:
    """As a Japanese page has them."""
    text = {"kind": "text", "text": ""}
    failed = [{"condition": "", "seen": one, "wanted": text} for one in told]
    explained = {"outcome": "denied", "rule": "", "ways": [], "tried": [{"rule": "x", "failed": failed}]}
    page = draw(
        "console/explain", locale="ja", action="/", fields=EMPTY, services=[], doors=[], explained=explained
    )
    return re.findall(r"<p>：(.*)（条件：）</p>", page)


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


def test_a_name_within_a_sentence_is_escaped_once() -> None:
    text = {"kind": "text", "text": "r&d"}
    explained = {
        "outcome": "denied",
        "rule": "",
        "ways": [],
        "tried": [{"rule": "x", "failed": [{"condition": "groups", "seen": text, "wanted": text}]}],
    }
    told = {"action": "/", "fields": EMPTY, "services": [], "doors": [], "explained": explained}
    assert "is r&amp;d, must be r&amp;d<" in draw("console/explain", **told)


def lines(page: str) -> list[str]:
    """What stands in the page, tags taken out, line by line."""
    return [line for line in map(str.strip, re.sub(r"<[^>]+>", "", page).splitlines()) if line]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_way_in_which_files_differ_has_words(locale: str) -> None:
    """A new one without words would leave a line with the name of the file alone."""
    told = {"action": "/", "current": 1, "hash": "", "entries": [], "locale": locale}
    words = []
    for how in get_args(How):
        page = draw("console/revisions", drift=[Difference("FILE", how)], **told)
        (line,) = (line for line in lines(page) if line.startswith("FILE"))
        words.append(line.removeprefix("FILE"))
    assert all(words) and len(set(words)) == len(words) == len(WORDS)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_part_of_a_plan_and_what_happens_to_it_has_words(locale: str) -> None:
    """A new sort of part without words would leave its heading empty."""
    sorts = [
        sort for each in get_args(get_type_hints(Change)["sort"]) for sort in (get_args(each) or (each,))
    ]
    kinds = get_args(Kind)
    headings = []
    for sort, kind in product(sorts, kinds):
        change = {
            "tenant": "demo",
            "sort": sort,
            "name": "NAME",
            "service": "WIKI",
            "kind": kind,
            "details": [],
        }
        told = {"before": "1", "after": "2", "revisions_url": "/", "texts": [], "changes": [change]}
        page = draw("console/changes", locale=locale, **told)
        (heading,) = re.findall(r"<h2>(.*) <span class=\"mark\">(.*)</span></h2>", page)
        assert ("NAME" in heading[0]) is (sort not in ("server", "order")), sort
        headings.append(heading)
    assert all(map(all, headings)) and len(set(headings)) == len(sorts) * len(kinds)


def test_what_a_plan_says_of_a_value_is_said_in_japanese() -> None:
    told = [setting(text) for text in (HIDDEN, NOTHING, f"900{DEFAULT}", "900")]
    assert said(*told) == ["（表示しません）", "なし", "900（既定値）", "900"]
