"""A service that posts its request and is answered by a post, as a real browser carries them."""

from collections.abc import AsyncIterator
from html import escape

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser

from tests.clients.chromium import login
from tests.people import ALICE
from tests.server import Server


class Posting:
    """The service. It lies at an address of another site than the server's `localhost`."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.url = ""
        self.heard: list[dict[str, str]] = []

    async def start(self, request: web.Request) -> web.Response:
        """A form to the authorization endpoint, as the page of a service has it."""
        asked = {
            "client_id": "posting",
            "redirect_uri": f"{self.url}/posted",
            "response_type": "code",
            "response_mode": "form_post",
            "scope": "openid",
            "state": "a state",
            **request.query,
        }
        fields = [
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
        ]
        form = f'<form method="post" action="{self.issuer}/oidc/authorize">{"".join(fields)}<button>Go</button></form>'
        return web.Response(text=form, content_type="text/html")

    async def posted(self, request: web.Request) -> web.Response:
        self.heard.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(text="<p id='heard'>heard</p>", content_type="text/html")


@pytest_asyncio.fixture(loop_scope="session")
async def posting(server: Server) -> AsyncIterator[Posting]:
    service, app = Posting(server.url), web.Application()
    app.add_routes([web.get("/", service.start), web.post("/posted", service.posted)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_request_and_an_answer_by_post_across_sites(
    chromium: Browser, posting: Posting, javascript: bool
) -> None:
    """With and without script: login, consent, answer; then silently, by a session whose cookie is `Lax`."""
    context = await chromium.new_context(locale="en", java_script_enabled=javascript)
    page = await context.new_page()
    await page.goto(posting.url)
    await page.get_by_role("button").click()
    await login(page, ALICE)
    await page.locator("form:has(input[value=allow]) button").click()
    if not javascript:
        await page.locator("#handover button").click()
    await page.wait_for_selector("#heard")
    await page.goto(f"{posting.url}/?prompt=none")
    await page.get_by_role("button").click()
    if not javascript:
        await page.locator("#handover button").click()
    await page.wait_for_selector("#heard")
    await context.close()
    first, second = posting.heard
    assert first["code"] and first["state"] == "a state"
    assert second["error"] == "consent_required"  # the session was found: else it were login_required
