"""A forgotten pattern: a link by mail to whoever has the name, and the same answer for whoever has it not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.browser import Browser
from tests.flows.test_keeping import contains, dump
from tests.mail.conftest import Browsers, House
from tests.page import Form, Page
from tests.people import ALICE, answer, wrong_answer
from tests.server import eventually
from tests.setting import type_pattern

OWN, OTHER = "B2 H4 L1 C3 F2 F2", "E1 A4 J3 C1 L2 G3"
LINK = re.compile(r"http://localhost:\d+/forgotten/new\?token=[\w-]{43}")
CELLS = re.compile(r'<code class="code">((?:[A-L][1-4] ){5}[A-L][1-4])</code>')


def only_form(page: Page) -> Form:
    (form,) = page.forms
    return form


@pytest.fixture(autouse=True)
def an_hour_later(house: House) -> Iterator[None]:
    """No test is short of what another asked for."""
    yield
    house.server.advance(3601)


async def ask(house: House, browser: Browser, name: str) -> Page:
    page = await browser.get(f"{house.server.url}/forgotten")
    return await browser.submit(page, {"username": name}, form=only_form(page))


async def link(house: House, browser: Browser, name: str, address: str) -> str:
    """The link that is mailed to who asks."""
    before = len(links(house, address))
    assert (await ask(house, browser, name)).status == 200
    await eventually(lambda: len(links(house, address)) > before)
    return links(house, address)[-1]


def links(house: House, address: str) -> list[str]:
    return [found[0] for mail in house.mail.to(address, 0) if (found := LINK.search(mail.text))]


async def test_a_link_gives_a_new_pattern_once(house: House, browsers: Browsers) -> None:
    browser, mine = browsers(), browsers()
    fay = replace(ALICE, name="fay")
    house.server.cli("credential", "set", "fay", "matrix", "--pattern", ALICE.pattern or "")
    signed_in = await mine.login(f"{house.server.url}/", fay, "\0")
    assert not signed_in.asked
    page = await browser.get(f"{house.server.url}/")
    page = await browser.answer(page, "fay")
    assert f"{house.server.url}/forgotten" in page.links
    address = await link(house, browser, " FAY ", "fay@example.com")
    for _ in range(2):  # whatever looks into mails may open it
        page = await browser.get(address)
        assert page.status == 200 and "fay" in page.text and not CELLS.search(page.text)
    done = await browser.submit(page, {}, form=only_form(page))
    cells = CELLS.search(done.text)
    assert done.status == 200 and cells is not None and "<script" not in done.text
    assert done.headers["Cache-Control"] == "no-store"
    assert (await browser.submit(page, {}, form=only_form(page))).status == 400
    assert (await browser.get(address)).status == 400
    assert (await mine.get(f"{house.server.url}/")).asked == "username"  # his sessions have ended
    assert (await browsers().login(f"{house.server.url}/", fay, "\0")).asked == "answer"
    new = browsers()
    renewed = await new.login(f"{house.server.url}/", replace(fay, pattern=cells[1]), "\0")
    assert renewed.status == 200 and not renewed.alerts
    assert not (await type_pattern(new, renewed, OWN)).asked
    await eventually(lambda: "パターンが変更" in house.mail.to("fay@example.com")[-1].message["Subject"])
    seen = json.dumps(house.server.audit()) + house.server.log
    token = urlsplit(address).query.partition("=")[2]
    assert token not in seen and cells[1] not in seen
    assert not contains(dump(house.server), token)


async def test_one_chooses_a_pattern_of_ones_own_by_the_link(house: House, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15: of two who set a pattern by one link, one does; and none by a link that gave one before.

    Until it is confirmed the old one stays, and one is signed in by the new one only."""
    browser, other, mine = browsers(), browsers(), browsers()
    gina = replace(ALICE, name="gina", pattern=OWN)
    house.server.add_user("gina", "staff", pattern=ALICE.pattern)
    house.server.cli("user", "set", "gina", "email=gina@example.com")
    assert not (await mine.login(f"{house.server.url}/", replace(ALICE, name="gina"), "\0")).asked
    address = await link(house, browser, "gina", "gina@example.com")
    house.server.advance(1500)
    first, second = [await own(one, address) for one in (browser, other)]
    assert "in place of the one that you forgot" in first.text and first.table
    assert not (await mine.get(f"{house.server.url}/")).asked, "nothing happened yet"
    for _ in range(2):
        second = await other.answer(second, answer(OTHER, second.table or []))
    house.server.advance(600)  # the link ends meanwhile
    done = await type_pattern(browser, first, OWN)
    assert done.asked == "answer" and done.table and not done.alerts, "he signs in with it"
    assert (await mine.get(f"{house.server.url}/")).asked == "username"
    assert (await other.answer(second, answer(OTHER, second.table or []))).status == 400
    assert (await browser.get(address)).status == 400
    inside = await browser.answer(done, answer(OWN, done.table or []))
    assert not inside.asked and inside.status == 200
    assert (await browsers().login(f"{house.server.url}/", replace(gina, pattern=OTHER), "\0")).asked
    seen = json.dumps(house.server.audit()) + house.server.log
    assert urlsplit(address).query.partition("=")[2] not in seen
    drawn = await link(house, browser, "gina", "gina@example.com")
    begun = await own(browser, drawn)
    page = await other.get(drawn)
    assert CELLS.search((await other.submit(page, {}, form=only_form(page))).text)
    assert (await browser.answer(begun, answer(OTHER, begun.table or []))).status == 400


async def own(browser: Browser, address: str) -> Page:
    """The first page on which one sets a pattern, from the link."""
    page = await browser.get(address)
    return await browser.submit(page, {"do": "own"}, form=only_form(page))


async def test_an_initial_pattern_ends(house: House, browsers: Browsers) -> None:
    house.server.cli("credential", "issue", "fay", "matrix", "--days", "1", "--mail")
    await eventually(lambda: "初期パターン" in house.mail.to("fay@example.com")[-1].text)
    cells = re.search(r"(?:[A-L][1-4] ){5}[A-L][1-4]", house.mail.to("fay@example.com")[-1].text)
    assert cells is not None
    fay = replace(ALICE, name="fay", pattern=cells[0])
    page = await browsers().login(f"{house.server.url}/", fay, "\0")
    assert page.table and not page.alerts and "Set a new pattern" in page.text
    house.server.advance(86401)
    locked = await browsers().login(f"{house.server.url}/", fay, "\0")
    assert locked.asked == "answer" and locked.alerts


async def test_a_link_ends_and_is_for_the_browser_that_opens_it(house: House, browsers: Browsers) -> None:
    browser = browsers()
    address = await link(house, browser, "gus@EXAMPLE.com", "gus@example.com")
    page = await browser.get(address)
    stranger = await browsers().submit(page, {}, form=only_form(page))
    assert stranger.status == 400 and not CELLS.search(stranger.text)
    house.server.advance(1801)
    assert (await browser.submit(page, {}, form=only_form(page))).status == 400
    assert (await browser.get(address)).status == 400


async def test_nobody_is_flooded_and_no_address_asks_without_end(house: House, browsers: Browsers) -> None:
    browser, before = browsers(), len(links(house, "gus@example.com"))
    for _ in range(5):
        assert (await ask(house, browser, "gus")).status == 200
    await eventually(lambda: "recovery.refused" in [row["event"] for row in house.server.audit()])
    await eventually(lambda: house.waiting() == [])
    assert len(links(house, "gus@example.com")) == before + 3
    while (page := await ask(house, browser, "unknown")).status == 200:
        pass
    assert page.status == 429 and int(page.headers["Retry-After"]) > 3000
    assert len(browser.seen) == 2 * 41
    assert page.alerts and (await ask(house, browser, "gus")).status == 429


def shape(page: Page) -> tuple[int, list[tuple[str, str]], str]:
    headers = sorted((k, v) for k, v in page.headers.items() if k not in ("Date", "Set-Cookie"))
    return page.status, headers, page.text


async def test_the_answer_says_nothing_of_who_has_an_account(house: House, browsers: Browsers) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, locked, factor-less and real users: same status, headers, body shape and
    time. While the page is answered nobody looks for the name: all of them cost one row in the queue."""
    house.server.cli("user", "add", "bare", "--email", "bare@example.com")
    house.server.add_user("gone", "staff", pattern=ALICE.pattern)
    house.server.cli("user", "disable", "gone")
    browser = browsers()
    before = {name: len(links(house, f"{name}@example.com")) for name in ("bare", "gone", "emil")}
    names = (
        "emil",
        "emil@example.com",
        "nobody",
        "nobody@example.com",
        "bare",
        "gone",
        "gone@example.com",
        "\x00' --",
    )
    assert len({str(shape(await ask(house, browser, name))) for name in names}) == 1
    await eventually(lambda: house.waiting() == [])
    after = {name: len(links(house, f"{name}@example.com")) for name in before}
    assert after == before | {"emil": before["emil"] + 2}


async def test_a_lock_is_mailed_once_a_day_and_to_nobody_else(house: House, browsers: Browsers) -> None:
    before = len(house.mail.to("emil@example.com", 0))
    for name in ("emil", "emil", "nobody"):
        browser = browsers()
        page = await browser.answer(await browser.get(f"{house.server.url}/"), name)
        while page.status == 200:  # an unknown name is asked what some user is
            page = await browser.answer(
                page, wrong_answer(ALICE.pattern or "", page.table) if page.table else "x"
            )
        assert page.status == 429
        await eventually(lambda: house.waiting() == [])
        house.server.advance(1801)
    said = house.mail.to("emil@example.com", before + 1)[before:]
    assert len(said) == 1 and "一時停止" in said[0].message["Subject"]
