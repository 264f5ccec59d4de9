"""Guessing, over the wire."""

import asyncio
from collections import Counter

import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE, PASSWORD, PATTERN, Person, wrong_answer
from tests.running import Browsers, MakeServer
from tests.server import Server

pytestmark = pytest.mark.both_stores

FAILURES = 5


async def guess_until_locked(server: Server, browser: Browser, name: str) -> list[Page]:
    """One wrong answer after the other, six in all; returns what each was answered with."""
    page = await browser.answer(await browser.get(f"{server.url}/"), name)
    seen = []
    for _ in range(FAILURES):
        assert page.table
        page = await browser.answer(page, wrong_answer(PATTERN, page.table))
        seen.append(page)
    return seen


@pytest.fixture
def victims(server: Server, nobody: Person) -> list[Person]:
    """Somebody with a matrix whom a test may lock out, and a name that nobody has."""
    name = f"victim{len(server.audit())}"
    server.add_user(name, "staff", pattern=PATTERN)
    return [Person(name, pattern=PATTERN), nobody]


async def test_five_wrong_answers_lock_a_name_that_exists_and_one_that_does_not_alike(
    server: Server, browsers: Browsers, victims: list[Person]
) -> None:
    shapes = []
    for person in victims:
        browser = browsers()
        seen = await guess_until_locked(server, browser, person.name)
        assert [page.status for page in seen] == [200] * (FAILURES - 1) + [429]
        assert int(seen[-1].headers["Retry-After"]) > 1700
        # A locked name is still asked, and even the right answer is refused.
        page = await browser.login(f"{server.url}/", person, "\0")
        assert page.status == 429
        assert browser.cookie("session") is None
        shapes.append([(len(page.alerts), page.status, page.asked) for page in [*seen, page]])
    assert shapes[0] == shapes[1]


async def test_the_last_try_is_announced(server: Server, browsers: Browsers, victims: list[Person]) -> None:
    seen = await guess_until_locked(server, browsers(), victims[1].name)
    assert len(seen[-2].alerts[0]) > len(seen[-3].alerts[0])


async def test_an_operator_unlocks(server: Server, browsers: Browsers, victims: list[Person]) -> None:
    browser, person = browsers(), victims[0]
    await guess_until_locked(server, browser, person.name)
    server.cli("user", "unlock", person.name, "--tenant", "demo")
    assert (await browser.login(f"{server.url}/", person, "\0")).status == 200


async def test_a_lock_ends_by_itself(make_server: MakeServer, browsers: Browsers) -> None:
    server = make_server()
    server.settable_clock()
    server.start().add_user("alice", "staff", pattern=PATTERN)
    browser = browsers()
    await guess_until_locked(server, browser, "alice")
    assert (await browser.login(f"{server.url}/", ALICE, "\0")).status == 429
    server.advance(1801)
    assert (await browser.login(f"{server.url}/", ALICE, "\0")).status == 200


@pytest.mark.parametrize("method", ["matrix", "password"])
async def test_100_parallel_wrong_guesses(make_server: MakeServer, browsers: Browsers, method: str) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the
    budget allows."""
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.tenant.policies = [{"name": "all", "then": {"require": [method]}}]
    server.start()
    given = {"pattern": PATTERN} if method == "matrix" else {"password": PASSWORD}
    server.add_user("alice", "staff", **given)

    async def ask() -> tuple[Browser, Page]:
        browser = browsers()
        return browser, await browser.answer(await browser.get(f"{server.url}/"), "alice")

    busy: list[Page] = []

    async def guess(browser: Browser, page: Page) -> Page:
        wrong = wrong_answer(PATTERN, page.table) if page.table else "wrong horse battery"
        while True:  # a server that is too busy to look has not counted either
            answered = await browser.answer(page, wrong)
            if answered.status != 503:
                return answered
            busy.append(answered)
            await asyncio.sleep(0.2)

    open_questions = [await ask() for _ in range(100)]
    answers = await asyncio.gather(*(guess(*question) for question in open_questions))
    events = Counter(record["event"] for record in server.audit())
    assert events["proof.refused"] == FAILURES
    assert events["proof.locked"] == 100 - FAILURES
    assert Counter(page.status for page in answers) == {200: FAILURES - 1, 429: 100 - FAILURES + 1}
    if method == "password":
        assert busy, "more come at once than hashes may wait"
    assert all(int(page.headers["Retry-After"]) >= 1 for page in busy)
