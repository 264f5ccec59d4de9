"""What holds for every page, in every state and language."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any

import pytest

from idp.web.contract import PAGES as CONTRACT
from idp.web.gallery import Entry
from idp.web.theme import BUILT_IN
from tests.drawing import CHALLENGE, ENTRIES, IDS, MATRIX, PAGES, Element, draw, parse, tenant

LARGEST = 30_000
EVIL = """"><script>alert(1)</script><img src=x onerror='alert(1)'>{{ 7*7 }}\0"""

VALUES: list[dict[str, Any]] = [
    {"kind": kind, **dict.fromkeys(("text", "name", "names", "number", "per", "seconds"), EVIL)}
    for kind in (
        "text",
        "default",
        "by_name",
        "all_of",
        "none_of",
        "absent",
        "not_in",
        "at_least",
        "requests",
    )
]
VALUES += [
    {"kind": "hours", "spans": [{"runs": [[EVIL, ""]], "time": EVIL}]},
    {"kind": "given", "proofs": [{"name": EVIL, "age": EVIL}]},
    {"kind": "proofs", "names": [EVIL], "multi": True, "seconds": EVIL},
]
EXPLANATION = {
    **dict.fromkeys(("outcome", "rule"), EVIL),
    "ways": [[EVIL]],
    "tried": [
        {"rule": EVIL, "failed": [{"condition": EVIL, "seen": each, "wanted": each} for each in VALUES]}
    ],
}
ENTRY = {
    **dict.fromkeys(
        ("at", "who", "service", "door", "event", "event_name", "rule", "about", "reference"), EVIL
    ),
    "outcome": EVIL,
    **{"url": f"/{EVIL}", "person": "typed", "why": [[EVIL, VALUES[0]], ["", VALUES[0]]]},
    **dict.fromkeys(("by", "hash", "number", "restores"), EVIL),
    "changes_url": f"/{EVIL}",
}
FIELDS = (
    "user",
    "service",
    "door",
    "address",
    "at",
    "proofs",
    "known",
    "certificate",
    "model",
    "outcome",
)
CONSOLE: dict[str, Any] = {
    "entry": ENTRY,
    "entries": [ENTRY],
    **dict.fromkeys(("then", "today", "explained"), EXPLANATION),
    **dict.fromkeys(
        ("filters", "fields"), dict.fromkeys((*FIELDS, "rule", "since", "until", "reference"), EVIL)
    ),
    "given": [{"name": EVIL, "age": EVIL}],
    "others": [[EVIL, EVIL]],
    "groups": [EVIL],
    "drift": [{"file": EVIL, "how": "differs"}],
    "texts": [EVIL],
    "doors": [EVIL],
    "changes": [
        {
            **dict.fromkeys(("name", "service", "kind"), EVIL),
            **{"tenant": "", "sort": sort, "details": [{"path": EVIL, "before": each, "after": each}]},
        }
        for sort in ("door", "rule", "file")
        for each in VALUES
    ],
    "unknown": False,
    "services": [EVIL],
}


def of_every_page(check: Callable[[Entry, Element], None]) -> Callable[[], None]:
    """The check of one page, given to all of them: the pages that fail it, and why."""

    def test() -> None:
        failed = []
        for name, entry in zip(IDS, ENTRIES, strict=True):
            try:
                check(entry, tree_of(entry.text.body))
            except Exception as error:
                failed.append(f"{name}: {error!r}")
        assert not failed, "\n".join(failed)

    test.__doc__ = check.__doc__
    return test


@cache
def tree_of(body: bytes) -> Element:
    return parse(body.decode())


def test_the_gallery_shows_every_page_of_the_theme_and_of_the_contract() -> None:
    drawn = {entry.page for entry in ENTRIES}
    files = {
        str(path.relative_to(BUILT_IN / "default").with_suffix(""))
        for path in BUILT_IN.glob("default/*/*.html")
    }
    assert drawn == files == CONTRACT.keys()


@of_every_page
def test_a_page_is_small(entry: Entry, tree: Element) -> None:
    assert len(entry.text.body) < LARGEST


@of_every_page
def test_a_page_says_its_language_in_markup_and_header(entry: Entry, tree: Element) -> None:
    assert tree.all("html")[0].attributes["lang"] == entry.locale
    assert entry.text.headers["Content-Language"] == entry.locale
    assert entry.text.headers["Content-Type"] == "text/html; charset=utf-8"


@of_every_page
def test_a_page_has_one_heading_which_is_in_its_title(entry: Entry, tree: Element) -> None:
    (heading,), (title,) = tree.all("h1"), tree.all("title")
    assert heading.text.strip()
    if heading.text != title.text:  # the portal greets by name, and its title says what it is
        assert title.text.startswith((heading.text, "サービス一覧", "Your services"))


@of_every_page
def test_a_page_has_header_main_and_footer_and_a_language_switch(entry: Entry, tree: Element) -> None:
    has_switch = not entry.page.startswith(("handover/", "paper/"))  # an answer to a form; printed
    navs = has_switch + entry.page.startswith(
        ("account/", "console/")
    )  # one of several, with links to the others
    assert [len(tree.all(tag)) for tag in ("header", "main", "footer", "nav")] == [1, 1, 1, navs]
    if not has_switch:
        return
    links = tree.all("nav")[0].all("a")
    assert [link.text for link in links] == ["English", "日本語"]
    assert [link.attributes["lang"] for link in links] == ["en", "ja"]


@of_every_page
def test_the_policy_allows_the_one_style_sheet_by_its_hash_and_nothing_inline(
    entry: Entry, tree: Element
) -> None:
    (style,) = tree.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    policy = entry.text.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    for element in tree:
        assert "style" not in element.attributes, element.tag
        assert not [name for name in element.attributes if name.startswith("on")], element.tag
        assert element.tag != "script" or (element.attributes.get("src") and not element.text)


@of_every_page
def test_every_answer_keeps_out_of_caches_and_frames(entry: Entry, tree: Element) -> None:
    headers = entry.text.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert directive in headers["Content-Security-Policy"]


@of_every_page
def test_our_own_forms_still_say_where_they_come_from(entry: Entry, tree: Element) -> None:
    """Under `no-referrer` a browser posts `Origin: null`: a check against forged requests would be blind."""
    assert entry.text.headers["Referrer-Policy"] == "same-origin"


@of_every_page
def test_a_posted_form_has_a_csrf_field_and_one_button(entry: Entry, tree: Element) -> None:
    for form in tree.all("form"):
        buttons = form.all("button")
        chosen = {button.attributes.get("name") for button in buttons}
        assert len(buttons) == 1 or chosen == {"do"}, "several only where each is an answer of its own"
        is_ours = not (form.attributes.get("action") or "").startswith("https://")
        if form.attributes["method"] == "post" and is_ours:
            fields = {
                field.attributes.get("name"): field.attributes.get("value") for field in form.all("input")
            }
            assert fields["csrf"]


@of_every_page
def test_a_field_that_is_seen_has_a_label(entry: Entry, tree: Element) -> None:
    labels = {label.attributes["for"] for label in tree.all("label") if label.text.strip()}
    for field in tree.all("input"):
        if field.attributes.get("type") != "hidden" and "hidden" not in field.attributes:
            assert field.attributes["id"] in labels


@of_every_page
def test_a_description_that_is_pointed_to_exists(entry: Entry, tree: Element) -> None:
    ids = {element.attributes["id"] for element in tree if "id" in element.attributes}
    for element in tree:
        assert set((element.attributes.get("aria-describedby") or "").split()) <= ids


@of_every_page
def test_what_went_wrong_is_an_alert(entry: Entry, tree: Element) -> None:
    alerts = [element.text for element in tree if element.attributes.get("role") == "alert"]
    assert bool(alerts) == (
        entry.state in ("wrong", "expired", "stale", "last try", "unreachable", "locked", "empty")
        or entry.state.startswith("fault")
    )
    assert all(text.strip() for text in alerts)


@of_every_page
def test_outside_the_matrix_no_element_is_a_single_digit(entry: Entry, tree: Element) -> None:
    """Clients find the matrix by its digits."""
    inside = {id(element) for table in tree.all("table") for element in table}
    for element in tree:
        if id(element) not in inside:
            assert not re.fullmatch(r"\s*[0-9]\s*", element.text), element.tag


@pytest.mark.parametrize("page", sorted(CONTRACT))
def test_whatever_a_variable_holds_is_text(page: str) -> None:
    """Markup, a template's own marks and NUL in any variable come out escaped, wherever it stands."""
    tile = {"name": EVIL, "url": f"https://x/{EVIL}", "initial": EVIL, "more": True}
    rules = {"use": "optional", "min": EVIL, "max": EVIL}
    texts = ("address", "app", "groups", "digits", "refused", "why", "way", "stage", "steps", "min")
    setting = {
        "number": 2,
        "ways": [EVIL],
        "chosen": [EVIL],
        "grid": [{"letters": [EVIL], "rows": [[{"name": EVIL, "order": EVIL, "newest": True}]]}],
        "pattern": {"min": EVIL, "max": EVIL, "forbid": [EVIL], "every_block": False, "history": 0},
        "phrase": {**rules, "position": EVIL},
    }
    special = {
        "prompt": {
            **MATRIX,
            **dict.fromkeys(texts, EVIL),
            **setting,
            "pin": rules,
            "min": EVIL,
            "options": [EVIL],
            "passkey": {"options": [EVIL]},
        },
        "passkeys": [{"id": EVIL, "name": EVIL, "added": EVIL, "last_used": EVIL}],
        "certificates": [dict.fromkeys(("id", "name", "added", "last_used", "ends"), EVIL)],
        "pin": rules,
        "proofs": [{"name": EVIL, "count": 2, "used": EVIL, "url": f"/{EVIL}", "needed": True}],
        "devices": [{"name": EVIL, "hardware": EVIL, "since": EVIL, "last_used": EVIL, "url": f"/{EVIL}"}],
        "device": {"name": EVIL, "hardware": EVIL, "since": EVIL, "last_used": EVIL, "url": f"/{EVIL}"},
        "sessions": [
            {
                **dict.fromkeys(("id", "agent", "address", "since", "seen"), EVIL),
                "current": False,
                "services": [EVIL],
            }
        ],
        "browsers": [{**dict.fromkeys(("id", "agent", "address", "since", "seen"), EVIL), "current": False}],
        "networks": [dict.fromkeys(("id", "service", "address", "since"), EVIL)],
        "logins": [
            {
                **dict.fromkeys(("at", "event", "service", "door", "address", "agent", "reference"), EVIL),
                "proofs": [EVIL],
            }
        ],
        "ended": 2,
        "results": [{"name": EVIL, "result": EVIL}],
        "tiles": [tile],
        "domains": [{"name": EVIL, "label": EVIL, "chosen": True}],
        "sheets": [
            {**dict.fromkeys(("name", "username", "cells", "until"), EVIL), "grid": ["*1"], "blocks": 1}
        ],
        "scopes": [EVIL],
        "because": ["outside", EVIL],
        "choices": [{"name": EVIL, "url": f"/{EVIL}"}],
        "consents": [{"service": EVIL, "name": EVIL, "scopes": [EVIL], "since": EVIL}],
        "fields": [(EVIL, EVIL)],
        "services": [{"name": EVIL, "result": EVIL, "frame": f"https://x/{EVIL}"}],
        "onward": {"name": EVIL, "url": f"https://x/{EVIL}"},
        "seconds": 180,
        "minutes": 30,
        "exposed": 3,
        "grid": ["*8** 2*** ***5", "1*** **** **3*"],
        "blocks": 3,
        "retry": True,
        "last_try": True,
        "search": True,
    }
    if page.startswith("console/"):
        special |= CONSOLE
    given = {name: special.get(name, EVIL) for name in CONTRACT[page]}
    clean = draw(page, **{name: special.get(name, "x") for name in CONTRACT[page]})
    html = draw(page, here=f"/{EVIL}", of=tenant(display_name={"en": EVIL}, support={"en": EVIL}), **given)
    tags = [element.tag for element in parse(html)]
    assert tags.count("script") == [element.tag for element in parse(clean)].count("script")
    assert tags.count("img") == 1
    assert parse(html).all("style")[0].text == parse(clean).all("style")[0].text
    assert escape("<script>", quote=False) in html
    assert "49" not in html.partition("</style>")[2].replace("149", "")
    assert not [name for element in parse(html) for name in element.attributes if name.startswith("on")]


@pytest.mark.parametrize("here", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_language_switch_never_leads_to_another_host(here: str) -> None:
    links = parse(draw("error/busy", here=here)).all("nav")[0].all("a")
    assert [link.attributes["href"] for link in links] == ["?ui_locales=ja", "?ui_locales=en"]


def test_the_language_switch_leads_back_to_the_open_question() -> None:
    html = draw("login/username", here="/login?interaction=abc", **CHALLENGE)
    links = parse(html).all("nav")[0].all("a")
    assert [link.attributes["href"] for link in links] == [
        "/login?interaction=abc&ui_locales=ja",
        "/login?interaction=abc&ui_locales=en",
    ]


def test_a_tenant_with_one_language_has_no_switch() -> None:
    assert not parse(draw("error/busy", of=tenant(locales=["en"]))).all("nav")


@pytest.mark.parametrize("given", [{**CHALLENGE, "usernam": "alice"}, {"service": "Wiki"}])
def test_variables_that_break_the_contract_are_a_defect(given: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="login/username"):
        draw("login/username", **given)


def test_support_is_shown_with_its_address_as_a_link() -> None:
    html = draw("error/busy", of=tenant(support={"en": "Call 1234 or see https://help.example.com/ <b>"}))
    (footer,) = parse(html).all("footer")
    assert [link.attributes["href"] for link in footer.all("a")] == ["https://help.example.com/"]
    assert "Need help? Call 1234 or see https://help.example.com/ <b>" in footer.text


def test_files_have_addresses_that_change_with_their_content() -> None:
    (script,) = parse(draw("login/matrix", prompt=MATRIX, **CHALLENGE)).all("script")
    address = script.attributes["src"] or ""
    body, content_type = PAGES.static(address.removeprefix("/static/")) or (b"", "")
    assert hashlib.sha256(body).hexdigest().startswith(address.split("/")[2])
    assert content_type == "text/javascript"
    assert PAGES.static("000000000000/comfort.js") is None
    assert PAGES.static("../../../etc/passwd") is None
