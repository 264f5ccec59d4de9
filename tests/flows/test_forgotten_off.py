"""A tenant that offers no links for forgotten patterns, as none does unless it says so."""

from __future__ import annotations

from tests.running import Browsers
from tests.server import Server


async def test_there_is_no_such_page_and_no_way_to_it(server: Server, browsers: Browsers) -> None:
    browser = browsers()
    for path in ("/forgotten", "/forgotten/new?token=x"):
        assert (await browser.get(f"{server.url}{path}")).status == 404
        assert (await browser.request("POST", f"{server.url}{path}", {"username": "alice"})).status == 404
    page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert page.table and not [address for address in page.links if "forgotten" in address]
