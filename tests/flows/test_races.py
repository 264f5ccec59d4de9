"""What is used once is used once, over the wire, by two processes of the server on each database."""

import asyncio
from urllib.parse import urljoin

import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import PATTERN, Token, answer
from tests.running import Browsers, MakeServer
from tests.server import Server

pytestmark = pytest.mark.both_stores

PARALLEL = 50


def two_processes(make_server: MakeServer, require: list[str]) -> Server:
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.tenant.policies = [{"name": "all", "then": {"require": require}}]
    # Only the race decides: no attempt is turned away for its number.
    server.tenant.settings["lockout"] = {"failures": 100, "seconds": 600}
    return server.start()


async def post(browser: Browser, page: Page, text: str) -> Page:
    """The answer in a request of its own, whose redirect is not followed."""
    form = page.form
    return await browser.request("POST", urljoin(page.url, form.action), {**form.fields, page.asked: text})


async def test_of_fifty_uses_of_one_matrix_one_succeeds(make_server: MakeServer, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one matrix exactly one succeeds."""
    server = two_processes(make_server, ["matrix"])
    server.add_user("alice", "staff", pattern=PATTERN)
    browser = browsers()
    page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert page.table
    right = answer(PATTERN, page.table)
    answers = await asyncio.gather(*(post(browser, page, right) for _ in range(PARALLEL)))
    assert sum(one.status == 303 for one in answers) == 1
    assert [record["event"] for record in server.audit()].count("login.accepted") == 1


async def test_of_fifty_uses_of_one_totp_step_one_succeeds(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one TOTP step exactly one succeeds, each in a login of its own."""
    server = two_processes(make_server, ["totp"])
    token = Token()
    server.add_user("bob", "staff", token=token)

    async def ask() -> tuple[Browser, Page]:
        browser = browsers()
        return browser, await browser.answer(await browser.get(f"{server.url}/"), "bob")

    questions = [await ask() for _ in range(PARALLEL)]
    code = token.code()
    answers = await asyncio.gather(*(post(browser, page, code) for browser, page in questions))
    assert sum(one.status == 303 for one in answers) == 1
    assert [record["event"] for record in server.audit()].count("login.accepted") == 1


async def test_a_stranger_who_keeps_asking_for_a_login_does_not_end_it(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another, nor be ended by it."""
    server = two_processes(make_server, ["matrix"])
    server.add_user("alice", "staff", pattern=PATTERN)
    stranger = browsers()
    for _ in range(20):
        browser = browsers()
        page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
        assert page.table
        link = f"{server.url}/login?interaction={page.form.fields['interaction']}"
        asking = [asyncio.create_task(stranger.request("GET", link)) for _ in range(12)]
        assert (await post(browser, page, answer(PATTERN, page.table))).status == 303
        assert {page.status for page in await asyncio.gather(*asking)} == {400}
