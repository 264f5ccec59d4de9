"""A real browser, and a person who reads the page and types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright

from tests.people import Person, Table, answer

# Chromium without a window around the pages, which nobody would see: everything takes half of the time.
EXECUTABLE = "/usr/bin/chromium-headless-shell"
# A test machine has no display and no way out: nothing that phones home, no sandbox for root.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NODE_MODULES = Path(__file__).parents[1] / "node_modules"
OUT = Path(__file__).parents[1] / "out"


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))


async def read_table(page: Page) -> Table:
    """The digits as they stand on the screen, row by row."""
    rows = page.locator("#matrix tr:has(td)")
    return [await row.locator("td").all_inner_texts() for row in await rows.all()]


async def reply(page: Page, person: Person) -> bool:
    """Type what the page asks for and send it; False where nothing is asked."""
    for name in ("username", "password", "answer"):
        field = page.locator(f"input[name={name}]")
        if not await field.count():
            continue
        await field.fill(await words(page, name, person))
        await page.locator(f"form:has(input[name={name}]) button").click()
        await page.wait_for_load_state()
        return True
    return False


async def words(page: Page, name: str, person: Person) -> str:
    """What the person knows, or reads off the table or the token."""
    if name == "username":
        return person.name
    if name == "password":
        return person.password or ""
    if await page.locator("#matrix").count():
        return answer(person.pattern or "", await read_table(page))
    assert person.token is not None
    return person.token.code()


async def login(page: Page, person: Person) -> None:
    """Answer until nothing is asked any more."""
    for _ in range(6):
        if not await reply(page, person):
            return
    raise AssertionError(f"the login went in circles, last {page.url}")


async def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and its own best practices, one line each."""
    await page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
    found: Mapping[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {one['help']} {[node['html'][:120] for node in one['nodes']]}"
        for one in found["violations"]
    ]
