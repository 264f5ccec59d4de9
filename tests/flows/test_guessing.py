"""Guessing where a tenant slows it down, and what browsers keep that are known: over the wire, on one server."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import Morsel

import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE, PATTERN, wrong_answer
from tests.running import Browsers, Database, usual
from tests.server import Server, running

FAILURES, WAIT = 2, 30


@pytest.fixture(scope="module")
def slow(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Guesses are slowed down after two, and one login that can be seen wears a pattern out."""
    server = usual(tmp_path_factory.mktemp("slow"), database())
    server.settable_clock()
    server.tenant.settings["lockout"] = {
        "mode": "slow",
        "failures": FAILURES,
        "first_wait_seconds": WAIT,
        "known_devices": {"failures": 3},
    }
    matrix = server.tenant.authenticators["matrix"]
    matrix["exposure"] = {"budget": 1}
    matrix["pattern"]["min_age_hours"] = 24
    server.tenant.add_demo_user("alice", "staff", matrix={"pattern": PATTERN})
    yield from running(server)


def kept(browser: Browser) -> Morsel[str] | None:
    return next((morsel for (*_, name), morsel in browser.cookies.items() if name == "demo-device"), None)


async def guess(server: Server, browser: Browser, times: int) -> Page:
    """Wrong answers in one login; how the last was answered."""
    page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    for _ in range(times):
        assert page.table
        page = await browser.answer(page, wrong_answer(PATTERN, page.table))
    return page


async def test_a_stranger_waits_and_who_signed_in_before_does_not(slow: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 21: a stranger's guesses: a device that logged in before keeps its own budget."""
    mine, stranger = browsers(), browsers("ja")
    portal = await mine.login(f"{slow.url}/", ALICE, "\0")
    assert portal.status == 200 and "used 1 time where others may have seen" in portal.text
    pattern = await mine.get(f"{slow.url}/account/pattern")
    ways = [form.fields.get("way") for form in pattern.forms]
    assert "type" in ways, "however young it is, it was seen"
    cookie = kept(mine)
    assert cookie is not None
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) == 90 * 86400
    waiting = await guess(slow, stranger, FAILURES)
    assert waiting.status == 429 and 0 < int(waiting.headers["Retry-After"]) <= WAIT
    assert "秒後に" in waiting.text and not waiting.asked
    early = await stranger.login(f"{slow.url}/", ALICE, "\0")
    assert early.status == 429 and kept(stranger) is None
    # In the known browser nobody waits, and its own wrong answers are few as well.
    signed_out = await mine.get(f"{slow.url}/logout")
    await mine.submit(signed_out, {}, form=signed_out.forms[-1])
    before = kept(mine)
    assert (await guess(slow, mine, FAILURES)).table
    assert (await mine.login(f"{slow.url}/", ALICE, "\0")).status == 200
    assert kept(mine) == before
    # The stranger's login goes on once the wait is over.
    slow.advance(WAIT)
    (again,) = [link for link in waiting.links if "interaction=" in link]
    page = await stranger.get(f"{slow.url}{again}")
    assert page.table
    assert (await stranger.login(page, ALICE, "\0")).status == 200
