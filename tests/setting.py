"""Somebody who sets a pattern, as he does it on the pages."""

from __future__ import annotations

from tests.browser import Browser
from tests.page import Form, Page
from tests.people import answer


async def type_pattern(browser: Browser, page: Page, pattern: str, phrase: str = "") -> Page:
    """Type it along three tables, with the phrase behind the digits."""
    for _ in range(3):
        page = await browser.answer(page, answer(pattern, page.table or []) + phrase)
    return page


def way(page: Page, name: str) -> Form | None:
    """The form that begins in this way, if there is one."""
    return next((form for form in page.forms if form.fields.get("way") == name), None)


async def choose(browser: Browser, page: Page, pattern: str) -> Page:
    """Press the cells one after the other, and say that these are all."""
    for word in (*pattern.split(), "done"):
        form = next(
            form
            for form in page.forms
            if form.fields.get("do", "") in ("", word) and "way" not in form.fields
        )
        page = await browser.submit(page, {"do": word}, form=form)
    return page
