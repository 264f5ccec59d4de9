"""Pages that set a pattern: each broken rule has words of its own, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.drawing import CHALLENGE, MATRIX, draw, parse

RULES = (
    "mismatch", "wrong", "too-short", "too-long", "one-cell", "straight", "one-stroke", "every-block", "former",
    "side", "missing", "unused", "characters", "differs", "length",
)  # fmt: skip
SETTING: Mapping[str, Any] = {
    **MATRIX, "stage": "type", "number": 1, "steps": 3, "why": "initial", "way": "type", "ways": ["type"],
    "chosen": [], "grid": [], "refused": "",
    "pattern": {"min": 6, "max": 12, "forbid": ["straight"], "every_block": False, "history": 0},
    "phrase": {"use": "optional", "min": 4, "max": 32, "position": "either"},
}  # fmt: skip


def said(locale: str, **changed: object) -> str:
    page = parse(draw("login/pattern", locale=locale, prompt={**SETTING, **changed}, **CHALLENGE))
    return next((each.text.strip() for each in page if each.attributes.get("role") == "alert"), "")


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_each_rule_that_was_broken_has_words_of_its_own(locale: str) -> None:
    words = [said(locale, refused=rule) for rule in RULES]
    assert all(words)
    assert len(set(words)) == len(RULES)
    sides = [said(locale, refused="side", phrase={**SETTING["phrase"], "position": where}) for where in
             ("before", "after", "either")]  # fmt: skip
    assert len(set(sides)) == 3


@pytest.mark.parametrize("why", ["initial", "expired", ""])
def test_the_first_page_says_why_and_which_rules_there_are(why: str) -> None:
    page = parse(draw("login/pattern", locale="en", prompt={**SETTING, "why": why}, **CHALLENGE))
    assert bool([p for p in page.all("p") if p.attributes.get("class") == "key"]) is bool(why)
    rules = [item.text for item in page.all("li") if "href" not in item.text]
    assert any("6 to 12" in rule for rule in rules)
    assert any("straight" in rule for rule in rules)
    assert not any("block" in rule or "stroke" in rule for rule in rules)
