"""Somebody at his account pages."""

from __future__ import annotations

import re

from tests.browser import Browser
from tests.page import Form, Page
from tests.people import PASSWORD, Person
from tests.server import Server

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


class Visitor(Browser):
    """A browser that says which it is."""

    user_agent = FIREFOX

    async def request(
        self,
        method: str,
        url: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
    ) -> Page:
        told = {"User-Agent": self.user_agent, **(headers or {})}
        return await super().request(method, url, data, told, cookies)


def person(name: str, password: str = PASSWORD) -> Person:
    return Person(name, password=password)


async def signed_in(browser: Browser, server: Server, name: str, path: str = "/account") -> Page:
    """The page at `path`, behind the login."""
    page = await browser.login(f"{server.url}{path}", person(name), "\0")
    assert page.status == 200 and not page.asked, page.text
    return page


def own_form(page: Page, field: str = "csrf") -> Form:
    """The form of the page that has this field."""
    return next(form for form in page.forms if field in form.fields)


def buttons(page: Page, name: str) -> list[str]:
    """The values of its buttons of that name."""
    return re.findall(rf'<button[^>]*name="{name}" value="([^"]*)"', page.text)
