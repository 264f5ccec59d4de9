"""What no page of ours would send, in every form of the account: answered without a defect."""

from __future__ import annotations

from itertools import product

from idp.web.csrf import csrf
from keys.secret import Secret
from tests.account.visitor import signed_in
from tests.page import Page
from tests.people import PASSWORD
from tests.running import Browsers
from tests.server import Server

PAGES = ("", "/password", "/pattern", "/pin", "/devices", "/passkeys", "/recovery-codes")
PAGES += ("/sessions", "/browsers", "/services")
ODD = ("\0", "\u202e%00'\"<&" + "🙂" * 300)
FIELDS = {
    "do": "add",
    "end": "others",
    "forget": "others",
    "way": "type",
    "remove": "1",
    "answer": "{}",
    "state": "x",
}
FIELDS |= {
    "old": PASSWORD,
    "new": "a new one of hers",
    "again": "a new one of hers",
    "service": "wiki",
    "name": "x",
}


async def test_odd_forms_are_answered_without_a_defect(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no 5xx, no trace shown."""
    browser = browsers()
    await signed_in(browser, server, "forma")
    for path in PAGES:
        page = await browser.get(f"{server.url}/account{path}")
        own = {"csrf": csrf(Secret(browser.cookie("browser")), f"/account{path}")}
        whole = {**FIELDS, **next((each.fields for each in page.forms if "csrf" in each.fields), own)}
        half = {**own, "old": PASSWORD, "again": ""}
        tried = [{**whole, name: odd} for name, odd in product(whole, ODD) if name != "csrf"]
        for fields in (own, half, *tried):
            said = await browser.request("POST", f"{server.url}/account{path}", fields)
            assert said.status < 500 and "Traceback" not in said.text, (path, fields)


async def test_odd_addresses_are_answered_without_a_defect(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no 5xx. Links that somebody cut, or made up."""
    browser = browsers()
    seen: list[Page] = []
    for path, odd in product(
        ("/forgotten/new?token=", "/activate?code=", "/account/logins?before=", "/account/devices/"),
        ("", "%00", "%ff%fe", "%ed%a0%80", "x" * 3000, "a&a", "%F0%9F%99%82", "..%2f.."),
    ):
        seen.append(await browser.request("GET", f"{server.url}{path}{odd}"))
    assert all(page.status < 500 for page in seen), [page.url for page in seen if page.status >= 500]
