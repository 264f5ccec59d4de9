"""A password is changed by who knows the old one; devices are renamed and removed by their owner."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest

from tests.account.visitor import own_form, person, signed_in
from tests.browser import Browser
from tests.flows.test_devices import app
from tests.page import Page
from tests.people import PASSWORD, PATTERN, Person
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers
from tests.server import Server

NEW = "nine lives of a cat"
SEED = "3132333435363738393031323334353637383930"


async def change(browser: Browser, page: Page, **typed: str) -> Page:
    given = {"old": PASSWORD, "new": NEW, "again": NEW, "others": "1"} | typed
    return await browser.submit(page, given, form=own_form(page, "old"))


async def test_a_password_is_changed_by_who_knows_the_old_one(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: what stood on the old password ends with it, if its owner wants so."""
    server.cli("user", "set", "peggy", "email=peggy@example.com", "--tenant", "demo")
    browser, elsewhere = browsers(), browsers()
    page = await signed_in(browser, server, "peggy", "/account/password")
    await signed_in(elsewhere, server, "peggy")
    for typed in ({"again": NEW + "x"}, {"old": "wrong"}, {"new": "short", "again": "short"}, {"old": ""}):
        refused = await change(browser, page, **typed)
        assert refused.alerts and refused.status == 200, typed
    assert not (await elsewhere.get(f"{server.url}/account")).asked
    done = await change(browser, page)
    assert "Your password was changed. 1 sign-in was ended." in done.text
    assert not (await browser.get(f"{server.url}/account")).asked
    assert (await elsewhere.get(f"{server.url}/account")).asked == "username"
    old = await browsers().login(f"{server.url}/", person("peggy"), "\0")
    assert old.asked == "password" and old.alerts
    assert not (await browsers().login(f"{server.url}/", person("peggy", NEW), "\0")).asked
    mails = json.loads(server.cli("mail", "list", "--json"))
    assert ("changed", "peggy") in [(each["kind"], each["user"]) for each in mails]
    seen = json.dumps(server.audit()) + server.log
    assert "password.changed" in seen and NEW not in seen and PASSWORD not in seen


async def test_guesses_at_the_old_password_spend_the_budget_of_the_login(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 18: the page that changes a password spends the budget of the logins of this browser."""
    browser = browsers()
    page = await signed_in(browser, server, "mia", "/account/password")
    form = page
    for _ in range(3):
        form = await change(browser, form, old="wrong")
    begun = await RelyingParty(browser, server.url).begin(prompt="login")
    asked = await browser.answer(await browser.get(begun.url, CALLBACK), "mia")
    asked = await browser.answer(asked, "wrong")
    assert "will be locked" in asked.text, "four of five are spent"
    locked = await change(browser, form, old="wrong")
    assert locked.status == 429
    right = await change(browser, form)
    assert right.status == 429, "not looked at any more"
    server.cli("user", "unlock", "mia", "--tenant", "demo")
    assert not (await browsers().login(f"{server.url}/", person("mia"), "\0")).asked, (
        "it is the old one still"
    )


async def test_changing_asks_for_a_proof_that_is_fresh(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: who sits down at a browser that somebody left changes nothing: a fresh login is asked for,
    which leads to a session under a new secret."""
    browser = browsers()
    page = await signed_in(browser, server, "greta", "/account/password")
    before = browser.cookie("session")
    server.advance(301)
    assert not (await browser.get(f"{server.url}/account")).asked, "looking is allowed"
    assert (await browser.get(f"{server.url}/account/password")).asked == "username"
    server.advance(700)
    stale = await change(browser, page)
    assert stale.asked == "username" and not stale.alerts
    again = await browser.login(stale, person("greta"), "\0")
    assert urlsplit(again.url).path == "/account/password" and not again.asked
    assert browser.cookie("session") != before
    assert not (await browsers().login(f"{server.url}/", person("greta"), "\0")).asked, "nothing was changed"


async def test_who_has_one_of_two_proofs_changes_neither(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 18: where the portal asks for less than a service, its proofs are asked for all the same before
    anything is changed."""
    browser, bess = browsers(), Person("bess", password=PASSWORD, pattern=PATTERN)
    page = await signed_in(browser, server, "bess")
    assert {"/account/password", "/account/pattern"} <= set(page.links)
    for path in ("password", "pattern"):
        asked = await browser.get(f"{server.url}/account/{path}")
        assert asked.table is not None, path
    page = await browser.login(asked, bess, "\0")
    assert page.url.endswith("/account/pattern") and not page.asked
    assert not (await browser.get(f"{server.url}/account/password")).table


@pytest.fixture(scope="module")
def hers(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """tess's address for two apps; she holds a hardware token too."""
    file = Path(tmp_path_factory.mktemp("tokens"), "tokens.csv")
    file.write_text(f"serial,secret_hex,kind\nA-1,{SEED},hotp\n")
    server.cli("token", "import", str(file), "--tenant", "demo")
    return server.cli("credential", "activate", "tess", "totp", "--tenant", "demo").splitlines()[0]


async def test_devices_are_renamed_and_removed_but_for_the_last(
    server: Server, browsers: Browsers, hers: str
) -> None:
    """THREAT_MODEL.md 19: another user's device, and hardware, cannot be reached, by whatever id."""
    browser = browsers()
    for name in ("phone", "tablet"):
        page = await browser.get(hers)
        device = app(page)
        now = int(time.time() + server_ahead(server))
        await browser.submit(page, {"answer": device.at(now), "name": name})
    server.cli("token", "assign", "A-1", "tess", "--tenant", "demo")
    page = await browser.answer(await browser.get(f"{server.url}/account/devices"), "tess")
    page = await browser.answer(page, PASSWORD)
    now = int(time.time() + server_ahead(server))
    page = await browser.answer(page, device.at(now, counter_offset=1))
    assert "phone" in page.text and "tablet" in page.text and "Token A-1" in page.text
    links = [link for link in page.links if link.startswith("/account/devices/")]
    pages = [await browser.get(f"{server.url}{link}") for link in links]
    named = {own_form(page, "name").fields["name"]: page for page in pages}
    assert named.keys() == {"phone", "tablet"}, "not the hardware"
    one, tablet = named["phone"], named["tablet"]
    listed = await browser.submit(one, {"name": "  work\tphone "}, form=own_form(one, "name"))
    assert listed.url.endswith("/account/devices") and "work phone" in listed.text
    stranger = browsers()
    await signed_in(stranger, server, "alice")
    stolen = await stranger.request("POST", one.url, {**own_form(one, "name").fields, "remove": "1"})
    assert stolen.status == 400, "another browser's form"
    assert (await stranger.get(one.url)).status == 404
    rows = json.loads(server.cli("credential", "list", "tess", "--tenant", "demo", "--json"))
    hardware = next(row["id"] for row in rows if row["name"] == "A-1")
    assert (await browser.get(f"{server.url}/account/devices/{hardware}")).status == 404
    removed = await browser.submit(one, {"remove": "1"}, form=own_form(one, "name"))
    assert "work phone" not in removed.text and "tablet" in removed.text
    assert (await browser.submit(one, {"remove": "1"}, form=own_form(one, "name"))).status == 404
    server.cli("token", "unassign", "A-1", "--tenant", "demo")
    last = await browser.submit(tablet, {"remove": "1"}, form=own_form(tablet, "name"))
    assert last.alerts and "tablet" in (await browser.get(f"{server.url}/account/devices")).text
    events = {row["event"] for row in server.audit()}
    assert {"credential.renamed", "credential.removed"} <= events


async def test_another_app_is_added_behind_all_proofs_and_up_to_the_limit(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 22: who has a session, or one of two proofs, adds nothing; THREAT_MODEL.md 19: nor does he by
    another user's form. THREAT_MODEL.md 18: a wrong first code spends the budget of the login."""
    server.cli("user", "set", "theo", "email=theo@example.com", "--tenant", "demo")
    browser, new = browsers(), f"{server.url}/account/devices/new"

    def at(device: pyotp.TOTP, steps: int = 0) -> str:
        return device.at(int(time.time() + server_ahead(server)), counter_offset=steps)

    page = await browser.answer(await browser.answer(await browser.get(f"{server.url}/"), "theo"), PASSWORD)
    first = app(page)
    await browser.answer(page, at(first))
    listed = await browser.get(f"{server.url}/account/devices")
    assert "/account/devices/new" in listed.links
    server.advance(301)
    asked = await browser.get(new)
    assert asked.asked == "username", "the session alone is not enough"
    asked = await browser.answer(await browser.answer(asked, "theo"), PASSWORD)
    assert asked.asked == "answer" and "otpauth:" not in asked.text
    page = await browser.answer(asked, at(first))
    second = app(page)
    assert second.secret != first.secret
    stranger = browsers()
    await signed_in(stranger, server, "alice")
    his = await stranger.get(new)
    forged = own_form(his, "device").fields | {"device": own_form(page, "device").fields["device"]}
    other = await stranger.request("POST", new, forged | {"answer": at(second)})
    assert other.alerts and app(other).secret not in (first.secret, second.secret)
    wrong = await browser.submit(page, {"answer": "000000"}, form=own_form(page, "device"))
    assert wrong.alerts and app(wrong).secret == second.secret
    typed = {"answer": at(second), "name": "tablet"}
    done = await browser.submit(wrong, typed, form=own_form(wrong, "device"))
    assert done.url.endswith("/account/devices") and "tablet" in done.text
    assert "/account/devices/new" not in done.links and "as many apps" in done.text
    again = await browser.submit(wrong, typed, form=own_form(wrong, "device"))
    assert again.url.endswith("/account/devices")
    assert (await browser.get(new)).url.endswith("/account/devices"), "two are as many as there may be"
    inside = browsers()
    page = await inside.answer(await inside.answer(await inside.get(f"{server.url}/"), "theo"), PASSWORD)
    assert not (await inside.answer(page, at(second, 1))).asked
    rows = json.loads(server.cli("credential", "list", "theo", "--tenant", "demo", "--json"))
    assert sorted(row["name"] for row in rows if row["authenticator"] == "totp") == ["", "tablet"]
    mails = json.loads(server.cli("mail", "list", "--json"))
    his_mails = [each["kind"] for each in mails if each["user"] == "theo"]
    assert his_mails.count("changed") == 2 and "browser" in his_mails


def server_ahead(server: Server) -> float:
    """How far the tests have set its clock."""
    clock = server.folder / "clock"
    return float(clock.read_text()) if clock.exists() else 0.0
