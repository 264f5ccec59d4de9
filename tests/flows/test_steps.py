"""Every question is asked by one page, in one browser, and answered once."""

import json
import re

from idp.web.csrf import csrf
from keys.secret import Secret
from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE, PASSWORD, PATTERN, answer
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers, MakeServer
from tests.server import Server


async def question(server: Server, browser: Browser, name: str = "alice") -> Page:
    """The page with the first proof that `name` has to give for the portal."""
    return await browser.answer(await browser.get(f"{server.url}/"), name)


def right(page: Page) -> str:
    assert page.table
    return answer(PATTERN, page.table)


async def test_two_logins_in_one_browser_keep_to_themselves(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: Two logins in one browser cannot swap identities."""
    browser = browsers()
    first, second = RelyingParty(browser, server.url), RelyingParty(browser, server.url)
    begun_first, begun_second = await first.begin(), await second.begin()
    asked_first = await browser.answer(await browser.get(begun_first.url), "alice")
    asked_second = await browser.get(begun_second.url)
    done_second = await browser.login(asked_second, server.bob, CALLBACK)
    bobs = await second.redeem(begun_second, second.code(begun_second, done_second))
    told = [json.loads((await second.userinfo(bobs.access_token)).body)]
    # Now somebody else signs in at this browser: bob's session ends, and with it what it gave.
    done_first = await browser.answer(asked_first, right(asked_first), CALLBACK)
    alices = await first.redeem(begun_first, first.code(begun_first, done_first))
    told.insert(0, json.loads((await first.userinfo(alices.access_token)).body))
    assert (await second.userinfo(bobs.access_token)).status == 401
    tokens = [alices, bobs]
    assert [one["preferred_username"] for one in told] == ["alice", "bob"]
    assert [one["sub"] for one in told] == [one.claims["sub"] for one in tokens]
    assert [one.claims["nonce"] for one in tokens] == [begun_first.nonce, begun_second.nonce]


async def test_a_step_of_another_login_does_not_carry_over(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: Two logins in one browser cannot swap identities: not by mixing their fields either."""
    browser = browsers()
    alices, bobs = await question(server, browser), await question(server, browser, "bob")
    mixed = {**alices.form.fields, "answer": right(alices), "interaction": bobs.form.fields["interaction"]}
    await browser.submit(alices, mixed)
    mixed["csrf"] = bobs.form.fields["csrf"]
    await browser.submit(alices, mixed)
    assert browser.cookie("session") is None


async def test_only_the_field_of_the_open_question_is_an_answer(server: Server, browsers: Browsers) -> None:
    """What a browser fills in beside it is not taken for it."""
    browser = browsers()
    page = await question(server, browser, "bob")
    assert page.asked == "password"
    page = await browser.submit(page, {"username": "bob", "answer": "123456", "password": PASSWORD})
    assert (page.asked, page.alerts) == ("answer", [])


async def test_another_browser_cannot_finish_a_login(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another."""
    hers, his = browsers(), browsers()
    asked = await question(server, hers)
    await question(server, his)
    secret = his.cookie("browser")
    assert secret
    # He knows the whole form, and even its CSRF field as his own browser would have it.
    forged = csrf(Secret(secret), asked.form.fields["interaction"])
    for field in (asked.form.fields["csrf"], forged):
        refused = await his.submit(asked, {"answer": right(asked), "csrf": field})
        assert refused.status == 400
        assert not refused.asked
    seen = await his.get(f"{server.url}/login?interaction={asked.form.fields['interaction']}")
    assert seen.status == 400
    assert seen.table is None
    assert his.cookie("session") is None
    assert (await hers.login(asked, ALICE, "\0")).status == 200  # nor did he end it


async def test_a_browser_without_its_cookie_cannot_finish(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another."""
    browser = browsers()
    asked = await question(server, browser)
    browser.cookies.clear()
    assert (await browser.submit(asked, {"answer": right(asked)})).status == 400
    assert browser.cookie("session") is None


async def test_nothing_but_the_answer_to_the_open_question_advances(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 19: Empty post, wrong step, old step, another user's step: never advances."""
    browser = browsers()
    old = await question(server, browser)
    bobs = await question(server, browser, "bob")
    page = await browser.submit(old, {"answer": ""})
    assert page.table
    assert page.table != old.table
    assert page.form.fields["step"] != old.form.fields["step"]
    tries = (
        {"answer": ""},
        {"step": "", "answer": "right"},
        {"step": "x" * 22, "answer": "right"},
        {"step": old.form.fields["step"], "answer": right(old)},  # an old step with what was right for it
        {"step": old.form.fields["step"], "answer": "right"},
        {"step": bobs.form.fields["step"], "answer": "right"},
        {"username": "alice"},
        {"password": PASSWORD},
    )
    for typed in tries:
        given = {**typed, "answer": right(page)} if typed.get("answer") == "right" else typed
        if "answer" not in given:
            page.form.fields.pop("answer")
        page = await browser.submit(page, given)
        assert page.status == 200, typed
        assert page.table, typed
        assert browser.cookie("session") is None, typed
    assert (await browser.login(page, ALICE, "\0")).status == 200


async def test_an_empty_post_advances_nothing(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 19: Empty post … never advances."""
    browser = browsers()
    asked = await question(server, browser)
    page = await browser.request("POST", f"{server.url}/login", {})
    assert page.status == 400
    assert browser.cookie("session") is None
    assert (await browser.login(asked, ALICE, "\0")).status == 200


async def test_what_was_not_evaluated_costs_no_guess(server: Server, browsers: Browsers) -> None:
    browser = browsers()
    page = await question(server, browser)
    for _ in range(8):
        page = await browser.submit(page, {"answer": ""})
    assert (await browser.login(page, ALICE, "\0")).status == 200


async def test_an_answer_is_used_once(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 19: old step … never advances: the same form sent again gives no second login."""
    browser = browsers()
    asked = await question(server, browser)
    await browser.answer(asked, right(asked))
    thief = browsers()
    thief.cookies = {key: value for key, value in browser.cookies.items() if "browser" in key[2]}
    again = await thief.answer(asked, right(asked))
    assert again.status == 400
    assert thief.cookie("session") is None


async def test_no_response_contains_an_expected_answer(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 19: No response contains an expected answer."""
    browser = browsers()
    page = await question(server, browser)
    for _ in range(3):
        assert page.table
        expected = right(page)
        outside = re.sub(r'<table id="matrix".*?</table>', "", page.text, flags=re.DOTALL)
        for text in (outside, str(page.headers)):
            assert expected not in text
            assert PATTERN.replace(" ", "") not in text
        page = await browser.submit(page, {"answer": ""})
    bobs = await browser.answer(await question(server, browser, "bob"), PASSWORD)
    for text in (bobs.text, str(bobs.headers)):
        assert server.bob.token
        assert not server.bob.token.accepted() & set(re.findall(r"\d{6}", text))
        assert PASSWORD not in text


async def test_an_expired_table_is_replaced_and_costs_no_guess(
    make_server: MakeServer, browsers: Browsers
) -> None:
    server = make_server()
    server.settable_clock()
    server.tenant.settings["lockout"] = {"failures": 1, "seconds": 600}
    server.start().add_user("alice", "staff", pattern=PATTERN)
    browser = browsers()
    asked = await question(server, browser)
    server.advance(181)
    late = await browser.answer(asked, right(asked))
    assert late.status == 200
    assert late.table and late.table != asked.table
    assert late.alerts
    assert browser.cookie("session") is None
    assert (await browser.login(late, ALICE, "\0")).status == 200
