"""Devices for one-time codes over the wire: activated at login and by address, a PIN of one's own."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs, urljoin, urlsplit

import pyotp
import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import PASSWORD
from tests.running import Browsers
from tests.server import Server


@pytest.fixture(scope="module")
def dora(server: Server) -> str:
    """Has a password and no device, at a service that asks for both."""
    server.add_user("dora", "token", password=PASSWORD)
    return "dora"


def app(page: Page) -> pyotp.TOTP:
    """What an app on the same device opens."""
    (address,) = (link for link in page.links if link.startswith("otpauth:"))
    read = pyotp.parse_uri(address)
    assert isinstance(read, pyotp.TOTP)
    return read


def code(device: pyotp.TOTP, ahead: int = 0) -> str:
    """What it shows so many steps from now."""
    return device.at(int(time.time()), counter_offset=ahead)


def address(server: Server, name: str) -> str:
    return server.cli("credential", "activate", name, "totp", "--tenant", "demo").splitlines()[0]


async def signed_in(browser: Browser, server: Server, device: pyotp.TOTP, name: str, ahead: int) -> Page:
    page = await browser.answer(await browser.get(f"{server.url}/"), name)
    page = await browser.answer(page, PASSWORD)
    return await browser.answer(page, code(device, ahead))


async def test_from_the_first_login_to_a_pin_of_ones_own(
    server: Server, browsers: Browsers, dora: str
) -> None:
    """THREAT_MODEL.md 33: no log line holds the secret of a device or a PIN."""
    browser = browsers()
    page = await browser.answer(await browser.answer(await browser.get(f"{server.url}/"), dora), PASSWORD)
    device = app(page)
    assert device.secret not in server.log
    done = await browser.submit(page, {"answer": code(device), "name": "phone"})
    assert done.url == f"{server.url}/"
    page = await browser.get(f"{server.url}/account/pin")
    given = {"answer": code(device, 1), "pin": "s3cret!", "again": "s3cret"}
    differs = await browser.submit(page, given)
    assert differs.alerts
    wrong = await browser.submit(page, {**given, "answer": "000000", "again": "s3cret!"})
    assert wrong.alerts
    done = await browser.submit(wrong, {**given, "again": "s3cret!"})
    assert not done.alerts
    refused = await signed_in(browsers(), server, device, dora, 2)
    assert refused.alerts, "the PIN is missing"
    events = [record["event"] for record in server.audit()]
    assert {"credential.activated", "pin.changed"} <= set(events)
    assert "s3cret!" not in server.log + str(server.audit())


async def test_an_address_that_cannot_be_used_says_so_alike(
    server: Server, browsers: Browsers, dora: str
) -> None:
    """THREAT_MODEL.md 20: used, replaced and invented addresses look the same."""
    browser, old = browsers(), address(server, dora)
    used = address(server, dora)
    for ahead in (0, 1):
        page = await browser.get(used)
        assert page.status == 200
        device = app(page)
        done = await browser.submit(page, {"answer": code(device)})
        assert done.status == 200
        assert "otpauth" not in done.text, ahead
    bodies = set()
    for one in (old, used, f"{server.url}/activate?code=x", f"{server.url}/activate", f"{used}%00"):
        over = await browser.get(one)
        assert over.status == 400
        bodies.add(over.text.replace(urlsplit(one).query, ""))
    assert len({body.partition("<main")[2] for body in bodies}) == 1


async def test_the_page_keeps_its_device_while_codes_are_wrong_and_is_bound_to_its_browser(
    server: Server, browsers: Browsers, dora: str
) -> None:
    """THREAT_MODEL.md 19: another browser's form, and a form with another's device, keep nothing."""
    link = address(server, dora)
    his, hers = browsers(), browsers()
    page = await hers.get(link)
    device = app(page)
    foreign = await his.submit(page, {"answer": code(device)})
    assert foreign.status == 400
    for broken in ("", "x", "a.1.AAAA", "a.b.c"):
        stale = await hers.submit(page, {"answer": code(device), "device": broken})
        assert stale.alerts
        assert app(stale).secret != device.secret
    wrong = await hers.submit(page, {"answer": "000000"})
    assert wrong.alerts
    assert app(wrong).secret == device.secret
    both = await asyncio.gather(*(_post(hers, wrong, code(device)) for _ in range(2)))
    assert [one.status for one in both] == [200, 200], "the same form twice is one device"
    held = server.cli("credential", "list", dora, "--tenant", "demo")
    assert held.count("totp") == 1
    assert parse_qs(urlsplit(link).query)["code"][0] not in server.log


async def _post(browser: Browser, page: Page, text: str) -> Page:
    form = page.form
    return await browser.request("POST", urljoin(page.url, form.action), {**form.fields, "answer": text})
