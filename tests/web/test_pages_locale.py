"""Which language a page speaks, and how it writes times."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from idp.web.locale import choose_locale, pick
from tests.drawing import PAGES

TOKYO = ZoneInfo("Asia/Tokyo")
OFFERED = ("ja", "en", "zh-Hant", "fr")


@pytest.mark.parametrize(
    ("accept", "cookie", "parameter", "chosen"),
    [
        ("", "", "", "ja"),
        ("en-US,en;q=0.9", "", "", "en"),
        ("de,en;q=0.5,fr;q=0.8", "", "", "fr"),
        ("de", "", "", "ja"),
        ("ja;q=0,en;q=0.1", "", "", "en"),
        ("zh-Hant-TW", "", "", "zh-Hant"),
        ("ZH-hant", "", "", "zh-Hant"),
        ("zh-TW", "", "", "ja"),
        ("fr-x-private", "", "", "fr"),
        ("en;q=junk,fr", "", "", "fr"),
        (",;;=,*", "", "", "ja"),
        ("ja", "en", "", "en"),
        ("ja", "xx", "", "ja"),
        ("ja", "en", "de fr", "fr"),
        ("ja", "en", "xx", "en"),
        ("en" * 10_000, "", "", "ja"),
    ],
)
def test_a_wish_here_beats_a_choice_before_beats_the_browser(
    accept: str, cookie: str, parameter: str, chosen: str
) -> None:
    assert choose_locale(accept, cookie, parameter, OFFERED) == chosen


def test_a_text_falls_back_to_the_tenants_languages_in_order() -> None:
    texts = {"en": "Wiki", "fr": "Le wiki"}
    assert pick(texts, "en", ("ja", "fr")) == "Wiki"
    assert pick(texts, "ja", ("ja", "fr", "en")) == "Le wiki"
    assert pick(texts, "ja", ("ja",)) == "Wiki"


@pytest.mark.parametrize(
    ("then", "ja", "en"),
    [
        ((2026, 11, 20, 0, 5), "00:05", "00:05"),
        ((2026, 11, 19, 23, 59), "11月19日 23:59", "19 November, 23:59"),
        ((2025, 1, 2, 9, 0), "2025年1月2日 09:00", "2 January 2025, 09:00"),
    ],
)
def test_times_are_written_in_the_tenants_zone_and_the_pages_language(
    then: tuple[int, int, int, int, int], ja: str, en: str
) -> None:
    now = int(datetime(2026, 11, 20, 18, 42, tzinfo=TOKYO).timestamp())
    at = int(datetime(*then, tzinfo=TOKYO).timestamp())
    assert PAGES.words("default", "ja").moment(at, now, TOKYO) == ja
    assert PAGES.words("default", "en").moment(at, now, TOKYO) == en
