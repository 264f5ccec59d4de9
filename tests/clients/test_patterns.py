"""Setting a pattern in a real browser: with a keyboard, with a pointer, and without any script."""

from __future__ import annotations

from dataclasses import replace

from playwright.async_api import Browser, Page

from tests.clients.chromium import login, read_table, reply
from tests.people import ALICE, answer
from tests.server import Server

OWN = "B2 H4 L1 C3 F2 F2"


async def press(page: Page, name: str, key: str | None) -> None:
    """A button by what a screen reader calls it: with a key, or with the pointer."""
    button = page.get_by_role("button", name=name, exact=True)
    if key is None:
        await button.click()
    else:
        await button.focus()
        await page.keyboard.press(key)


async def test_cells_are_chosen_by_keyboard_and_pointer_without_script(
    chromium: Browser, server: Server
) -> None:
    """A first pattern, from paper, is replaced by one's own; a screen reader hears each cell and its place."""
    server.add_user("paula", "staff")
    initial = server.cli("credential", "issue", "paula", "matrix", "--tenant", "demo").split("\n")[-2]
    page = await (await chromium.new_context(locale="en", java_script_enabled=False)).new_page()
    await page.goto(server.url)
    paula = replace(ALICE, name="paula", pattern=initial)
    await reply(page, paula)
    await reply(page, paula)
    await press(page, "Set it by choosing cells instead", "Enter")
    heard = ["1, B2", "2, H4", "3, L1", "4, C3", "5, F2", "5, 6, F2"]
    for number, cell in enumerate(OWN.split()):
        before = heard[number - 1] if number == 5 else cell
        await press(page, before, ("Enter", "Space", None)[number % 3])
        await page.get_by_role("button", name=heard[number], exact=True).wait_for()
        assert await page.locator("button:focus").get_attribute("aria-label") == heard[number]
    await press(page, "Use these cells", "Enter")
    await page.locator("#phrase").wait_for()
    await press(page, "Next", "Enter")
    await page.locator("#matrix").wait_for()
    await page.locator("#answer").fill(answer(OWN, await read_table(page)))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{server.url}/")
    own = await (await chromium.new_context(locale="ja")).new_page()
    await own.goto(server.url)
    await login(own, replace(paula, pattern=OWN))
    assert await own.locator("main.open").count() == 1, "the portal"
