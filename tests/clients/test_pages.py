"""Every page a person can meet, looked at: accessibility, errors, width; and a picture to look at oneself."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.clients.chromium import OUT, login, reply, violations
from tests.people import ALICE, CAROL, NOBODY
from tests.server import Server

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 320, "height": 640}

ASKED = ":is(input[name=answer], input[name=password])"  # an unknown name is asked what some user is

numbers = count()

Walk = Callable[[Page, Server], Awaitable[object]]


async def username(page: Page, server: Server) -> None:
    await page.goto(server.url)


async def matrix(page: Page, server: Server) -> None:
    await username(page, server)
    await reply(page, ALICE)


async def type_wrong(page: Page, times: int) -> None:
    for _ in range(times):
        await page.locator(ASKED).fill("wrong")
        await page.locator(f"form:has({ASKED}) button").click()
        await page.wait_for_load_state()


def guessing(times: int) -> Walk:
    """As a stranger whose name nobody else takes, since it may be locked at the end."""

    async def walk(page: Page, server: Server) -> None:
        await username(page, server)
        await page.locator("input[name=username]").fill(f"{NOBODY.name}{next(numbers)}")
        await page.locator("form:has(input[name=username]) button").click()
        await page.wait_for_load_state()
        await type_wrong(page, times)

    return walk


async def password(page: Page, server: Server) -> None:
    await username(page, server)
    await reply(page, server.bob)


async def totp(page: Page, server: Server) -> None:
    await password(page, server)
    await reply(page, server.bob)


async def activate(page: Page, server: Server) -> None:
    """By an address that an operator gave."""
    address = server.cli("credential", "activate", CAROL.name, "totp", "--tenant", "demo").splitlines()[0]
    await page.goto(address)
    drawn = await page.locator("svg.qr").first.evaluate("svg => getComputedStyle(svg).display")
    assert drawn == "block", "the policy lets our style be used"


async def pin(page: Page, server: Server) -> None:
    await username(page, server)
    await login(page, server.bob)
    await page.goto(f"{server.url}/account/pin")
    assert await page.locator("input[name=again]").count() == 1


async def cells(page: Page, server: Server) -> None:
    """By way of one's own page and of the first table."""
    await portal(page, server)
    await page.goto(f"{server.url}/account/pattern")
    for way in ("type", "select"):
        await page.locator(f"form:has(input[name=way][value={way}]) button").click()
        await page.locator("#matrix" if way == "type" else ".pick").first.wait_for()
    for cell in ("B2", "L4"):
        await page.locator(f"button[value={cell}]").click()
        await page.locator(f"button[value={cell}].chosen").wait_for()
    smallest = await page.locator(".pick button").evaluate_all(
        "all => Math.min(...all.map(e => Math.min(e.offsetWidth, e.offsetHeight)))"
    )
    assert smallest >= 24, "WCAG 2.2 (2.5.8): a target has 24 pixels at least"


async def address_over(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/activate?code=gone")


async def portal(page: Page, server: Server) -> None:
    await username(page, server)
    await login(page, ALICE)


async def denied(page: Page, server: Server) -> None:
    await username(page, server)
    await login(page, CAROL)


async def logout(page: Page, server: Server) -> None:
    await portal(page, server)
    await page.goto(f"{server.url}/logout")


async def signed_out(page: Page, server: Server) -> None:
    await logout(page, server)
    await page.locator("form[method=post] button").click()
    await page.wait_for_load_state()


async def expired(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/login?interaction=gone")


async def not_found(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/nowhere")


async def bad_request(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/oidc/authorize?client_id=nobody")


async def device_wrong(page: Page, server: Server) -> None:
    await type_code(page, server, "BBBB-BBBB")


async def device_confirm(page: Page, server: Server) -> None:
    told = await page.request.post(f"{server.url}/oidc/device_authorization", form={"client_id": "tv"})
    await type_code(page, server, (await told.json())["user_code"])
    await login(page, ALICE)


async def type_code(page: Page, server: Server, code: str) -> None:
    await page.goto(f"{server.url}/device")
    await page.locator("input[name=user_code]").fill(code.lower())
    await page.locator("form:has(input[name=user_code]) button").click()
    await page.wait_for_load_state()


WALKS: dict[str, Walk] = {
    "username": username, "matrix": matrix, "wrong": guessing(1), "last_try": guessing(4),
    "locked": guessing(5), "password": password, "totp": totp, "portal": portal, "denied": denied,
    "logout": logout, "signed_out": signed_out, "expired": expired, "not_found": not_found,
    "bad_request": bad_request, "device_wrong": device_wrong, "device_confirm": device_confirm,
    "activate": activate, "pin": pin, "cells": cells, "address_over": address_over,
}  # fmt: skip
# What a browser says by itself about an answer that is no 200: the status is meant.
EXPECTED = "Failed to load resource: the server responded with a status of"


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"),
    [("ja", DESKTOP, "light"), ("en", PHONE, "dark")],  # the gallery has all of them
    ids=["ja-desktop", "en-phone"],
)
async def test_every_page_is_accessible_fits_and_is_free_of_errors(
    chromium: Browser, server: Server, language: str, viewport: ViewportSize, scheme: Literal["light", "dark"]
) -> None:
    found: dict[str, object] = {}
    OUT.mkdir(exist_ok=True)
    context = await chromium.new_context(locale=language, viewport=viewport, color_scheme=scheme)
    for name, walk in WALKS.items():
        await context.clear_cookies()
        page = await context.new_page()
        complaints: list[str] = []
        page.on(
            "console",
            lambda message, to=complaints: to.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error, to=complaints: to.append(str(error)))
        await walk(page, server)
        await page.screenshot(path=OUT / f"{name}-{language}-{viewport['width']}.png", full_page=True)
        assert await page.evaluate("document.documentElement.lang") == language
        overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong = [one for one in complaints if not one.startswith(EXPECTED)]
        if viewport == DESKTOP:  # the gallery shows each state to axe, in both languages
            wrong += await violations(page)
        if wrong or overflow > 0:
            found[name] = (overflow, wrong)
        await page.close()
    assert found == {}


async def test_the_table_reads_as_rows_and_columns(chromium: Browser, server: Server) -> None:
    """Header row A–L, header column 1–4, one digit a cell, and no other
    element that is a single digit."""
    page = await (await chromium.new_context(locale="en")).new_page()
    await matrix(page, server)
    table = page.locator("table#matrix")
    assert await table.locator("th[scope=col]").all_inner_texts() == ["Row", *"ABCDEFGHIJKL"]
    assert await table.locator("th[scope=row]").count() == 4
    cells = await table.locator("td").all_inner_texts()
    assert len(cells) == 48
    assert all(len(cell) == 1 and cell.isdigit() for cell in cells)
    outside = await page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('#matrix')"
        " && /^[0-9]$/.test(e.textContent.trim())).length"
    )
    assert outside == 0
    boxes = [await cell.bounding_box() for cell in (await table.locator("td").all())[:12]]
    assert all(box and box["width"] >= 2.6 * 16 for box in boxes), "large on a desk"
    assert len({round(box["y"]) for box in boxes if box}) == 1


async def test_all_twelve_columns_fit_a_small_phone(chromium: Browser, server: Server) -> None:
    page = await (await chromium.new_context(locale="en", viewport=PHONE)).new_page()
    await matrix(page, server)
    box = await page.locator("table#matrix").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]


async def test_the_field_is_focused_and_named_for_password_managers(
    chromium: Browser, server: Server
) -> None:
    page = await (await chromium.new_context(locale="en")).new_page()
    expected = (("username", username, "username"), ("answer", matrix, "one-time-code"),
                ("password", password, "current-password"), ("answer", totp, "one-time-code"))  # fmt: skip
    for name, walk, hint in expected:
        await page.context.clear_cookies()
        await walk(page, server)
        field = page.locator(f"input[name={name}]")
        assert hint in (await field.get_attribute("autocomplete") or "").split()
        assert await field.evaluate("element => element === document.activeElement")
