"""New patterns over the wire: from the mail with the first one to the page where one changes it oneself."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.flows.test_keeping import contains, dump
from tests.mail.conftest import Browsers, House
from tests.people import ALICE, answer
from tests.server import eventually
from tests.setting import choose, type_pattern, way

OWN, OTHER = "B2 H4 L1 C3 F2 F2", "E1 A4 J3 C1 L2 G3"
CELLS = re.compile(r"(?:[A-L][1-4] ){5}[A-L][1-4]")
KAI = replace(ALICE, name="kai")


async def test_from_the_first_mail_to_a_pattern_of_ones_own(house: House, browsers: Browsers) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a pattern that is being set or an answer along one."""
    house.server.cli("credential", "issue", "kai", "matrix", "--mail")
    await eventually(lambda: "初期パターン" in house.mail.to("kai@example.com")[-1].text)
    cells = CELLS.search(house.mail.to("kai@example.com")[-1].text)
    assert cells is not None
    browser = browsers()
    page = await browser.login(f"{house.server.url}/", replace(KAI, pattern=cells[0]), "\0")
    assert page.table and way(page, "select")
    digits = answer(OWN, page.table)
    page = await browser.answer(page, digits)
    reloaded = await browser.get(f"{house.server.url}/login?interaction={page.form.fields['interaction']}")
    assert reloaded.table == page.table, "a page that is loaded again asks the same"
    page = await browser.answer(reloaded, answer(OWN, reloaded.table or []))
    done = await browser.answer(page, answer(OWN, page.table or []))
    assert done.url == f"{house.server.url}/" and not done.asked
    await eventually(lambda: "パターンが変更" in house.mail.to("kai@example.com")[-1].message["Subject"])
    events = [row["event"] for row in house.server.audit()]
    assert events.index("login.accepted") < events.index("pattern.changed"), "newest first"
    said = house.server.log + str(house.server.audit())
    assert not any(secret in said for secret in (digits, OWN, cells[0]))
    assert not contains(dump(house.server), OWN)


async def test_one_changes_it_on_ones_own_page_behind_a_fresh_proof(house: House, browsers: Browsers) -> None:
    """THREAT_MODEL.md 18: a change asks for a proof first, which spends the same budget as any other."""
    browser, url = browsers(), f"{house.server.url}/account/pattern"
    kai = replace(KAI, pattern=OWN)
    house.server.cli("credential", "set", "kai", "matrix", "--pattern", OWN)
    page = await browser.login(url, kai, "\0")
    assert not page.table and way(page, "type") is None, "it was changed today"
    refused = await browser.submit(page, {"way": "type"}, form=way(page, "phrase"))
    assert refused.alerts and not refused.table
    house.server.advance(86_400)
    page = await browser.login(url, kai, "\0")
    form = way(page, "select")
    assert form is not None
    house.server.advance(901)  # the page was open for too long
    asked = await browser.submit(page, {}, form=form)
    assert asked.asked == "username"
    asked = await browser.answer(asked, "kai")
    wrong = await browser.answer(asked, "000000000")
    assert wrong.alerts
    page = await browser.answer(wrong, answer(OWN, wrong.table or []))
    stranger = browsers()
    foreign = await stranger.submit(page, {}, form=way(page, "select"))
    assert foreign.status == 400
    page = await choose(browser, await browser.submit(page, {}, form=way(page, "select")), OTHER)
    (phrase,) = (form for form in page.forms if "phrase" in form.fields)
    page = await browser.submit(page, {"phrase": "4711", "again": "4711"}, form=phrase)
    done = await browser.answer(page, "4711" + answer(OTHER, page.table or []))
    assert done.url.startswith(url) and not done.asked and not done.alerts
    assert (await browsers().login(url, replace(kai, pattern=OTHER), "\0")).alerts, "the phrase is missing"
    assert not done.forms, "who finds a browser whose proof is older opens no form by this address"
    page = await browser.get(url)
    page = await browser.submit(page, {}, form=way(page, "phrase"))
    (phrase,) = (form for form in page.forms if "phrase" in form.fields)
    page = await browser.submit(page, {"phrase": "", "again": ""}, form=phrase)
    done = await browser.answer(page, answer(OTHER, page.table or []))
    assert not (await browsers().login(url, replace(kai, pattern=OTHER), "\0")).asked
    house.server.advance(86_400)
    again = await browser.login(url, replace(kai, pattern=OTHER), "\0")
    page = await browser.submit(again, {}, form=way(again, "type"))
    former = await browser.answer(page, answer(OWN, page.table or []))
    former = await browser.answer(former, answer(OWN, former.table or []))
    assert former.alerts, "one of the last three"
    assert not (await type_pattern(browser, former, "D4 A1 K2 H3 C1 L4")).asked
