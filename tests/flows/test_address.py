"""Where a request comes from."""

import pytest

from tests.browser import Browser
from tests.people import ALICE
from tests.running import Browsers, MakeServer
from tests.server import Server

OFFICE = "198.51.100.7"


async def login_from(server: Server, browser: Browser, forwarded: str) -> int:
    headers = {"X-Forwarded-For": forwarded}
    page = await browser.request("GET", f"{server.url}/", headers=headers)
    for _ in range(2):
        typed = {**page.form.fields, page.asked: ALICE.reply(page)}
        page = await browser.request("POST", f"{server.url}/login", typed, headers)
        if not page.asked:
            break
    return page.status


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        ([], OFFICE, "127.0.0.1"),
        (["192.0.2.0/24"], OFFICE, "127.0.0.1"),
        (["127.0.0.0/8"], OFFICE, OFFICE),
        (["127.0.0.0/8"], f"{OFFICE}, 203.0.113.9", "203.0.113.9"),
    ],
    ids=["none", "another", "ours", "what-the-client-wrote-before-it"],
)
async def test_only_a_configured_proxy_is_believed(
    make_server: MakeServer, browsers: Browsers, proxies: list[str], forwarded: str, believed: str
) -> None:
    """THREAT_MODEL.md 23: client address only through configured proxies."""
    server = make_server()
    server.configuration.idp["trusted_proxies"] = proxies
    server.tenant.policies.insert(
        0, {"name": "office", "when": {"networks": {"not": ["127.0.0.0/8", f"{OFFICE}/32"]}}, "then": "deny"}
    )
    server.start().add_people()
    status = await login_from(server, browsers(), forwarded)
    outcome = next(record for record in server.audit() if record["event"].startswith("login."))
    assert outcome["address"] == believed
    assert status == (403 if believed == "203.0.113.9" else 303)
