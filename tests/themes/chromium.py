"""The gallery in a real browser: pages come with their own headers, and nothing goes to a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, sync_playwright

from idp.web.gallery import Entry
from tests.clients.chromium import EXECUTABLE, FLAGS
from tests.drawing import ENTRIES, PAGES

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
ORIGIN = "https://login.example.com"
ANSWERS = {f"/{entry.path}": entry for entry in ENTRIES}


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, width: int, height: int, **options: object) -> Iterator[Page]:
    """A window of that size. Whatever its console says against a page fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
    context.route("**/*", _serve)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def address(entry: Entry) -> str:
    """Where the entry is served."""
    return f"{ORIGIN}/{entry.path}"


def entry(page: str, state: str, locale: str = "ja") -> Entry:
    """The entry of the gallery by its names."""
    return next(e for e in ENTRIES if (e.page, e.state, e.locale) == (page, state, locale))


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    static = PAGES.static(path.removeprefix("/static/"))
    if path in ANSWERS:
        text = ANSWERS[path].text
        route.fulfill(status=text.status, headers=dict(text.headers), body=text.body)
    elif static:
        route.fulfill(content_type=static[1], body=static[0])
    else:
        route.fulfill(status=204)  # where forms lead: the page stays
