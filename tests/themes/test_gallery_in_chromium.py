"""How the pages stand in a real browser: on a desk, on a phone, for people who do not see or use no mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from idp.authenticators.matrix import Matrix
from idp.authenticators.matrix.settings import MatrixSettings
from idp.web.gallery import Entry
from idp.web.paper import Sheet, write
from keys.seal import Vault
from storage.records import User
from tests.drawing import ENTRIES, IDS, PAGES, tenant
from tests.themes.chromium import AXE, address, chromium, entry, window

MATRICES = [e for e in ENTRIES if e.page == "login/matrix" and e.state != "small"]
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 320, "height": 640}  # the smallest that WCAG 2.2 asks for (1.4.10 Reflow)
SCHEMES = {"ja": "light", "en": "dark"}
RUN_AXE = """axe.run(document, {resultTypes: ['violations']})
    .then(result => result.violations.map(violation => `${violation.id} ${violation.nodes[0].html}`))"""
BOXES = (
    "e => e.map(c => { const b = c.getBoundingClientRect(); return [b.left, b.right, b.width, b.height] })"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    with window(browser, **DESK) as page:
        yield page


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    with window(browser, **PHONE) as page:
        yield page


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[str, Page]]:
    """By locale, each in a scheme of its own; axe is in them before the page."""
    with ExitStack() as opened:
        pages = {}
        for locale, scheme in SCHEMES.items():
            pages[locale] = opened.enter_context(window(browser, **DESK, color_scheme=scheme))
            pages[locale].context.add_init_script(path=AXE)
        yield pages


def boxes(page: Page) -> list[list[float]]:
    found: list[list[float]] = page.eval_on_selector_all("#matrix td", BOXES)
    return found


@pytest.mark.parametrize("drawn", ENTRIES, ids=IDS)
def test_nothing_is_wider_than_a_phone_and_axe_finds_nothing_to_complain_about(
    windows: dict[str, Page], drawn: Entry
) -> None:
    """WCAG 2.2 A and AA, and axe's own good practice, on a desk; contrast is counted in both schemes."""
    page = windows[drawn.locale]
    page.set_viewport_size(PHONE)
    page.goto(address(drawn))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.set_viewport_size(DESK)
    assert page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("drawn", MATRICES, ids=lambda drawn: f"{drawn.state} {drawn.locale}")
def test_all_twelve_columns_are_seen_on_a_phone(phone: Page, drawn: Entry) -> None:
    phone.goto(address(drawn))
    cells = boxes(phone)
    assert len(cells) == 48
    assert all(
        left >= 0 and right <= 320 and width >= 20 and height >= 32 for left, right, width, height in cells
    )


def test_cells_are_square_and_large_on_a_desk(desk: Page) -> None:
    desk.goto(address(entry("login/matrix", "fresh")))
    for _, _, width, height in boxes(desk):
        assert width >= 2.7 * 16
        assert abs(width - height) < 1.5


def test_table_and_field_are_seen_together_on_a_phone_with_its_keyboard(browser: Browser) -> None:
    """A keyboard takes about 45 % of the height: what is left must show the table and the field."""
    with window(browser, 360, 740 * 55 // 100) as page:
        page.goto(address(entry("login/matrix", "fresh")))
        top = page.locator("#matrix").bounding_box()
        field = page.locator("#answer").bounding_box()
        assert top and field
        assert field["y"] + field["height"] - top["y"] <= 740 * 55 // 100


def test_no_hand_over_the_table_shows(desk: Page) -> None:
    """Neither hovering nor pressing changes a pixel of it, and no digit can be selected."""
    desk.goto(address(entry("login/matrix", "fresh")))
    desk.evaluate("document.querySelector('.life').remove()")
    table = desk.locator("#matrix")
    untouched = table.screenshot()
    box = table.bounding_box()
    assert box
    desk.mouse.move(box["x"] + 60, box["y"] + 60)
    desk.mouse.down()
    desk.mouse.move(box["x"] + 400, box["y"] + 150)
    assert table.screenshot() == untouched
    desk.mouse.up()
    desk.mouse.dblclick(box["x"] + 60, box["y"] + 60)
    assert table.screenshot() == untouched
    assert not set(desk.evaluate("getSelection().toString()")) & set("0123456789")


def test_the_field_of_the_open_question_has_the_focus(desk: Page) -> None:
    for page, field in (
        ("username", "username"),
        ("password", "password"),
        ("totp", "answer"),
        ("matrix", "answer"),
    ):
        desk.goto(address(entry(f"login/{page}", "fresh")))
        assert desk.evaluate("document.activeElement.name") == field


def test_an_expired_table_points_to_a_new_one(desk: Page) -> None:
    desk.goto(address(entry("login/matrix", "soon", "en")))
    desk.wait_for_selector(".card.gone", timeout=5000)
    words = "This table can no longer be used. Please show a new one."
    assert desk.locator(".life").inner_text() == words
    assert desk.locator("[role=status]").text_content() == words


def test_a_double_click_answers_once(desk: Page) -> None:
    posts: list[str] = []
    desk.goto(address(entry("login/matrix", "fresh")))
    desk.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    desk.fill("#answer", "123456")
    for _ in range(2):
        desk.click("button")
        desk.wait_for_timeout(200)
    assert len(posts) == 1


def test_a_form_posts_without_script(browser: Browser) -> None:
    with window(browser, 1280, 900, java_script_enabled=False) as page:
        page.goto(address(entry("login/matrix", "fresh")))
        page.fill("#answer", "123456")
        with page.expect_request(lambda request: request.method == "POST") as posted:
            page.press("#answer", "Enter")
        assert "answer=123456" in (posted.value.post_data or "")


def test_the_style_applies_and_darkness_is_dark(desk: Page) -> None:
    desk.emulate_media(color_scheme="dark")
    desk.goto(address(entry("login/matrix", "fresh")))
    assert desk.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 28)"
    desk.emulate_media(color_scheme="light")
    assert desk.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(242, 244, 247)"


def test_initial_patterns_are_printed_a_page_each(browser: Browser, tmp_path: Path) -> None:
    """Even the largest table, on A4: nothing is cut off, and every name is printed by a font that has its signs."""
    vault, sheets = Vault("demo", {1: bytes(32)}), []
    shapes = ({}, {"columns": 16, "blocks": 4}, {"rows": 10, "columns": 26, "blocks": 2})
    for name, shape in zip(("佐藤 有栖", "髙橋 花子", "Zoë Łukasz"), shapes, strict=True):
        matrix = Matrix(MatrixSettings.model_validate({"table": shape, "pattern": {"min": 12}}), vault)
        sheets.append(Sheet(name, "alice", matrix.issue(User("u1", "alice", 0), 0, 1_800_000_000)))
    file = tmp_path / "patterns.html"
    file.write_bytes(write(PAGES, tenant().settings, sheets))
    page = browser.new_page(viewport={"width": 718, "height": 1047})  # A4 within its margins
    page.goto(file.as_uri())
    printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "1cm"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(sheets)
    assert b"CJK" in printed, "a font for Japanese: apt install fonts-noto-cjk"
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cells = page.locator("section:last-of-type td")
    assert cells.count() == 260 and cells.last.is_visible()
    assert "点のマス目" in page.locator("section").first.inner_text(), (
        "unused cells are called as they are drawn"
    )
    page.close()
