"""Real relying parties get the user, through real Chromium."""

import json

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.clients.apache import Apache
from tests.clients.chromium import login
from tests.people import ALICE, CAROL, Person
from tests.server import Server

ACR = {"alice": "urn:masugata:acr:single", "bob": "urn:masugata:acr:multi"}


@pytest.fixture(params=["alice", "bob"])
def person(request: pytest.FixtureRequest, server: Server) -> Person:
    """alice with her matrix, bob with password and token."""
    return ALICE if request.param == "alice" else server.bob


scripts = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])


async def check_cookies(context: BrowserContext, server: Server) -> None:
    cookies = {
        cookie["name"]: cookie
        for cookie in await context.cookies(server.url)
        if cookie["name"].startswith("demo-")
    }
    assert set(cookies) == {"demo-browser", "demo-session", "demo-device"}
    for name, cookie in cookies.items():
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        assert cookie["path"] == "/"
        lasts = name == "demo-device"  # which signs nobody in
        assert (cookie["expires"] != -1) == lasts, "the others end with the browser"


@scripts
async def test_openid_client_gets_the_user(
    chromium: Browser, server: Server, openid_client: str, person: Person, javascript: bool
) -> None:
    """It verifies signature, nonce, iss and PKCE, reads userinfo, and refreshes."""
    context = await chromium.new_context(java_script_enabled=javascript)
    page = await context.new_page()
    await page.goto(openid_client)
    await login(page, person)
    assert page.url.startswith(f"{openid_client}callback?"), await page.content()
    shown = json.loads(await page.locator("pre").inner_text())
    assert shown["claims"]["iss"] == server.url
    assert shown["claims"]["acr"] == ACR[person.name]
    assert shown["userinfo"]["preferred_username"] == person.name
    assert shown["userinfo"]["email"] == f"{person.name}@example.com"
    assert shown["again"] == shown["userinfo"]
    assert shown["rotated"]
    await check_cookies(context, server)
    await page.goto(openid_client)
    assert page.url.startswith(f"{openid_client}callback?"), "the second time nothing is asked"


async def test_mod_auth_openidc_gets_the_user(
    chromium: Browser, server: Server, mod_auth_openidc: Apache, person: Person
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(mod_auth_openidc.url)
    await login(page, person)
    assert page.url == mod_auth_openidc.url, f"{await page.content()}\n{mod_auth_openidc.log[-2000:]}"
    lines = (await page.locator("pre").inner_text()).splitlines()
    shown = dict(line.split("=", 1) for line in lines)
    assert shown["issuer"] == server.url
    assert shown["name"] == person.name
    assert shown["email"] == f"{person.name}@example.com"
    assert shown["acr"] == ACR[person.name]
    await check_cookies(context, server)


async def test_one_login_opens_both(
    chromium: Browser, server: Server, openid_client: str, mod_auth_openidc: Apache
) -> None:
    """From the portal, by its tiles."""
    page = await (await chromium.new_context()).new_page()
    await page.goto(server.url)
    await login(page, ALICE)
    for url in (openid_client.rstrip("/"), mod_auth_openidc.url):
        await page.goto(server.url)
        await page.locator(f"a[href='{url}']").click()
        await page.wait_for_load_state()
        assert page.url.startswith(url), page.url
        assert await page.locator("pre").count()


async def test_who_is_denied_never_reaches_the_service(
    chromium: Browser, server: Server, openid_client: str
) -> None:
    page = await (await chromium.new_context()).new_page()
    await page.goto(openid_client)
    await login(page, CAROL)
    assert page.url.startswith(server.url)
