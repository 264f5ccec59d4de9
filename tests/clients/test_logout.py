"""Signing out with real relying parties and a real browser: back channel, front channel, session management."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser import Browser as Requests
from tests.clients.apache import Apache
from tests.clients.chromium import login
from tests.configuration import SECRET
from tests.people import ALICE
from tests.protocols.oidc.signing_out import Service, new_site, serving
from tests.server import Server, free_port, running

# Asks the frame, as a service's page does, and waits for its answer.
ASK = """async ([frame, message]) => {
  const iframe = document.createElement("iframe");
  iframe.src = frame;
  document.body.append(iframe);
  await new Promise((resolve) => { iframe.onload = resolve; });
  const answer = new Promise((resolve) => addEventListener("message", (event) => resolve(event.data), {once: true}));
  iframe.contentWindow.postMessage(message, new URL(frame).origin);
  return await answer;
}"""


@pytest.fixture(scope="module")
def apaches() -> Iterator[dict[str, Apache]]:
    """Two instances of mod_auth_openidc, not started."""
    with ExitStack() as stack:
        made = {}
        for name in ("back", "front"):
            folder = stack.enter_context(TemporaryDirectory(prefix="masugata-apache-"))
            made[name] = Apache(Path(folder), free_port())
            stack.callback(made[name].stop)
        yield made


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, apaches: dict[str, Apache]) -> Iterator[Server]:
    """One is told by the back channel, the other by the front channel."""
    one = new_site(tmp_path_factory.mktemp("site"), "")
    for name, apache in apaches.items():
        channel = {
            "back": {"backchannel_logout_uri": f"{apache.callback}?logout=backchannel"},
            "front": {"frontchannel_logout_uri": f"{apache.callback}?logout=get"},
        }[name]
        afterwards = [f"http://localhost:{apache.port}/open"]
        one.tenant.add_service(name, apache.callback, post_logout_redirect_uris=afterwards, **channel)
    for server in running(one):
        server.add_people()
        for name, apache in apaches.items():
            apache.start(server.url, name, SECRET)
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def services(site: Server) -> AsyncIterator[dict[str, Service]]:
    """On the browser's loop."""
    async with serving() as started:
        yield started


async def is_signed_in(page: Page, apache: Apache) -> bool:
    """Whether the service still knows the user, without asking us."""
    await page.goto(apache.url)
    return page.url == apache.url and bool(await page.locator("pre").count())


async def sign_out_at_the_portal(page: Page, site: Server) -> None:
    await page.goto(f"{site.url}/logout")
    await page.locator("form[method=post] button").click()
    await page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("name", "result"), [("back", "done"), ("front", "asked")])
async def test_mod_auth_openidc_is_signed_out_with_us(
    chromium: Browser, site: Server, apaches: dict[str, Apache], name: str, result: str
) -> None:
    """By its channel: afterwards it does not know the user any more."""
    page = await (await chromium.new_context(locale="en")).new_page()
    await page.goto(apaches[name].url)
    await login(page, ALICE)
    assert await is_signed_in(page, apaches[name]), apaches[name].log[-2000:]
    await sign_out_at_the_portal(page, site)
    assert await page.locator(f".ends .{result}").count() == 1, await page.content()
    assert not await is_signed_in(page, apaches[name]), apaches[name].log[-2000:]
    assert await page.locator("input[name=username]").count() == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
async def test_mod_auth_openidc_signs_us_out_and_the_other_with_it(
    chromium: Browser, site: Server, apaches: dict[str, Apache], javascript: bool
) -> None:
    """RP-Initiated Logout; the page goes on by itself once the frame is loaded, or by its button without script."""
    page = await (await chromium.new_context(locale="en", java_script_enabled=javascript)).new_page()
    await page.goto(apaches["back"].url)
    await login(page, ALICE)
    await page.goto(apaches["front"].url)
    afterwards = f"http://localhost:{apaches['back'].port}/open"
    await page.goto(f"{apaches['back'].callback}?logout={quote(afterwards, safe='')}")
    if not javascript:
        assert page.url.startswith(f"{site.url}/oidc/logout")
        await page.wait_for_load_state("networkidle")
        await page.locator("a.button").click()
    await page.wait_for_url(f"{afterwards}*")
    for apache in apaches.values():
        assert not await is_signed_in(page, apache), apache.log[-3000:]


async def test_nothing_on_the_page_is_blocked_or_broken(
    chromium: Browser, site: Server, apaches: dict[str, Apache]
) -> None:
    """The policy allows the frame that is there; Chromium has nothing to complain about."""
    page = await (await chromium.new_context(locale="en")).new_page()
    complaints: list[str] = []
    await page.goto(apaches["front"].url)
    await login(page, ALICE)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await sign_out_at_the_portal(page, site)
    assert await page.locator("iframe").count() == 1
    # mod_auth_openidc signs out, and says in its answer that nobody may show it.
    assert [each for each in complaints if "X-Frame-Options" not in each] == []


async def test_the_session_frame_says_unchanged_and_changed(
    chromium: Browser, site: Server, services: dict[str, Service]
) -> None:
    """OpenID Connect Session Management §3.1: unchanged, changed after sign-out, error for what is no question."""
    files = services["files"]
    context = await chromium.new_context(locale="en")
    page = await context.new_page()
    async with Requests() as http:
        pending = await files.party(http, site.url).begin()
    states: list[str] = []
    page.on(
        "request", lambda request: states.append(request.url) if "session_state=" in request.url else None
    )
    await page.goto(pending.url)
    await login(page, ALICE)
    state = states[-1].partition("session_state=")[2].partition("&")[0]
    frame = f"{site.url}/oidc/check_session"

    async def ask(message: str) -> str:
        await page.goto(f"{files.url}/signed-out")
        answer: str = await page.evaluate(ASK, [frame, message])
        return answer

    assert await ask(f"files {state}") == "unchanged"
    assert await ask(f"mail {state}") == "changed"
    assert [await ask(each) for each in ("files", "", f"files {state} more", "files nosalt")] == ["error"] * 4
    await sign_out_at_the_portal(page, site)
    assert await ask(f"files {state}") == "changed"
