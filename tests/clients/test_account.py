"""The account pages in a real browser: accessible, narrow enough, without JavaScript; pictures to look at."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.clients.chromium import OUT, login, violations
from tests.clients.test_pages import DESKTOP, PHONE
from tests.server import Server

PAGES = {
    "proofs": "",
    "devices": "/devices",
    "password": "/password",
    "sessions": "/sessions",
    "logins": "/logins",
}


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"),
    [("ja", PHONE, "light"), ("en", DESKTOP, "dark")],
    ids=["ja-phone", "en-desktop"],
)
async def test_account_pages_are_accessible_and_fit(
    chromium: Browser, server: Server, language: str, viewport: ViewportSize, scheme: Literal["light", "dark"]
) -> None:
    OUT.mkdir(exist_ok=True)
    context = await chromium.new_context(locale=language, viewport=viewport, color_scheme=scheme)
    page, found = await context.new_page(), {}
    await page.goto(server.url)
    await login(page, server.bob)
    for name, path in PAGES.items():
        await page.goto(f"{server.url}/account{path}")
        await page.screenshot(path=OUT / f"account-{name}-{language}.png", full_page=True)
        found[name] = await complaints(page)
    await page.goto(f"{server.url}/account/devices")
    await page.locator(".entries a.button").first.click()
    found["device"] = await complaints(page)
    assert {name: said for name, said in found.items() if said} == {}
    await context.close()


async def complaints(page: Page) -> list[str]:
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{overflow} pixels too wide"] * (overflow > 0) + await violations(page)


async def test_the_keyboard_alone_without_scripts_ends_another_session(
    chromium: Browser, server: Server
) -> None:
    there = await (await chromium.new_context(locale="en")).new_page()
    await there.goto(server.url)
    await login(there, server.bob)
    page = await (await chromium.new_context(locale="en", java_script_enabled=False)).new_page()
    await page.goto(f"{server.url}/account/sessions")
    await login(page, server.bob)
    await page.get_by_role("button", name="End all others").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_load_state()
    assert "ended" in await page.get_by_role("status").inner_text()
    assert await page.get_by_role("button", name="End", exact=False).count() == 0
    await there.goto(f"{server.url}/account")
    assert await there.locator("input[name=username]").count() == 1
    await page.context.close()
    await there.context.close()
