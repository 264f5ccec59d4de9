"""What administrators see at the console, that it is true, and that nobody else sees it."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import urlencode

import pytest

import storage
from storage.records import AuditRecord
from tests.browser import Browser
from tests.console.conftest import HOSTILE
from tests.page import Page
from tests.people import PASSWORD, PATTERN, Person
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers
from tests.server import Server, eventually

ROOMS = ("", "/explain", "/revisions", "/changes?from=1&to=2", "/decisions/00000000aa")
ADA = Person("ada", password=PASSWORD, pattern=PATTERN)
SCRIPT = '"><script>alert(1)</script>'


def person(name: str) -> Person:
    return Person(name, password=PASSWORD, pattern=PATTERN)


async def entered(browser: Browser, server: Server, who: Person = ADA, path: str = "", at: str = "") -> Page:
    """A page of the console, behind the login."""
    page = await browser.login(f"{server.url}{at}/console{path}", who, "\0")
    assert page.status == 200 and not page.asked, page.text
    return page


async def visit(browser: Browser, server: Server, service: str, who: Person) -> Page:
    """To a service, or as far as the rules let one come."""
    callback = CALLBACK if service == "wiki" else f"{CALLBACK}/{service}"
    begun = await RelyingParty(browser, server.url, service, redirect_uri=callback).begin()
    return await browser.login(begun.url, who, callback)


async def look(browser: Browser, server: Server, path: str, **asked: str) -> Page:
    page = await browser.get(f"{server.url}/console{path}?{urlencode(asked)}")
    assert page.status == 200 and not page.asked, page.text
    return page


def entries(page: Page) -> list[str]:
    """The text of each line of a list."""
    (log,) = re.findall(r'<ul class="entries log">(.*?)</ul>', page.text, re.DOTALL) or [""]
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in log.split("<li")[1:]]


def told(word: str, page: Page) -> bool:
    """Whether a page says a word: what is random may hold the same letters by chance."""
    return re.search(rf"\b{word}\b", page.text) is not None


def links(page: Page) -> list[str]:
    return [link for link in page.links if "/console/decisions/" in link]


async def written(server: Server, event: str, tenant: str = "demo") -> list[AuditRecord]:
    """The records of an event, newest first."""
    kept = await storage.open(server.storage)
    try:
        async with kept.snapshot(tenant) as tx:
            return list(await tx.audit.list(event=event))
    finally:
        await kept.close()


async def test_nobody_enters_by_a_rule_that_does_not_name_the_console(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 20: whoever is not an administrator is asked what one is asked, and learns nothing else, a name
    that nobody has neither."""
    for name in ("wanda", "nobody at all"):
        page = await browsers().login(f"{server.url}/console", person(name), "\0")
        assert (page.status == 403 or page.asked) and "/console/explain" not in page.text
    questions = []
    for name in ("ada", "wanda", "nobody at all"):
        browser = browsers()
        asked = await browser.answer(await browser.get(f"{server.url}/console"), name)
        questions.append((asked.status, asked.asked, len(asked.forms)))
    assert len(set(questions)) == 1, questions
    signed_in = browsers()
    portal = await signed_in.login(f"{server.url}/", person("wanda"), "\0")
    assert portal.status == 200 and "/console" not in portal.links
    for room in ROOMS:
        refused = await signed_in.get(f"{server.url}/console{room}")
        assert refused.status == 403 and not told("ada", refused), room
        assert "You cannot use Console" in refused.text, "which is not all that the tenant has"
    assert (await signed_in.get(f"{server.url}/console/nothing")).status == 404


async def test_forms_change_nothing_and_posts_are_refused(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 22: login CSRF and forms from elsewhere: there is nothing that a form could change."""
    browser = browsers()
    for room in ("", "/explain", "/revisions"):
        page = await entered(browser, server, path=room)
        assert {form.method for form in page.forms} == ({"get"} if room != "/revisions" else set())
        posted = await browser.request("POST", f"{server.url}/console{room}", {"user": "ada"})
        assert posted.status == 405


async def test_logins_are_found_by_what_they_were(server: Server, browsers: Browsers) -> None:
    """Let in, denied by a rule, wrong; by person, service, door, outcome, rule, time and reference."""
    browser = browsers()
    assert "code=" in ((await visit(browser, server, "wiki", person("walt"))).location or "")
    denied = await visit(browser, server, "mail", person("walt"))
    assert denied.status == 403
    (reference,) = re.findall(r'class="code">([0-9A-Z-]{9})<', denied.text)
    wrong = browsers()
    await wrong.answer(await wrong.answer(await wrong.get(f"{server.url}/"), "walt"), "not his password")
    desk = browsers()
    await entered(desk, server)
    assert "/console" in (await desk.get(f"{server.url}/")).links
    mine = entries(await look(desk, server, "", user="Walt"))
    assert [("signed in" in line, "not allowed" in line, "wrong answer" in line) for line in mine] == [
        (False, False, True),
        (False, True, False),
        (True, False, False),
    ]
    assert "wiki (OpenID Connect) words Groups: words" in mine[2]
    for asked, outcome in (
        ({"outcome": "denied"}, "not allowed"),
        ({"service": "mail"}, "not allowed"),
        ({"rule": HOSTILE}, "not allowed"),
        ({"rule": "words", "door": "oidc"}, "signed in"),
        ({"outcome": "wrong"}, "wrong answer"),
    ):
        found = entries(await look(desk, server, "", user="walt", **asked))
        assert len(found) == 1 and outcome in found[0], (asked, found)
    assert not entries(await look(desk, server, "", user="walt", rule="WORDS"))
    assert not entries(await look(desk, server, "", user="nobody at all"))
    assert not entries(await look(desk, server, "", user="walt", until="2020-01-01T00:00"))
    assert len(entries(await look(desk, server, "", user="walt", since="2020-01-01T00:00"))) == 3
    for typed in (reference, reference.lower().replace("-", " ")):
        (found,) = entries(await look(desk, server, "", reference=typed))
        assert "walt mail" in found
    for odd in (
        {"before": "x"},
        {"since": "noon"},
        {"outcome": "maybe"},
        {"user": "\0"},
        {"service": "\ud800"},
    ):
        told = {name: value.encode("utf-8", "surrogatepass") for name, value in odd.items()}
        assert (await desk.get(f"{server.url}/console?{urlencode(told)}")).status == 200, odd


async def test_a_decision_is_explained_as_the_command_explains_it(server: Server, browsers: Browsers) -> None:
    """The recorded one by its facts, a supposed one by the same function."""
    browser, desk = browsers(), browsers()
    await visit(browser, server, "mail", person("wim"))
    await entered(desk, server)
    (link,) = links(await look(desk, server, "", user="wim", outcome="denied"))
    page = await desk.get(f"{server.url}{link}")
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("</style>")[2])).split())
    assert f"Denied by the rule “{HOSTILE}”." in said
    assert (
        "administrators does not match Service: is mail, must be console Groups: is words, must be admins"
        in said
    )
    assert f"{HOSTILE} matches" in said and "Groups: words" in said and "Password" in said
    supposed = {"user": "wim", "service": "mail", "address": "192.0.2.1", "proofs": "password=60"}
    shown = await look(desk, server, "/explain", **supposed)
    words = ("--user", "wim", "--service", "mail", "--address", "192.0.2.1", "--proof", "password=60")
    told = json.loads(server.cli("policy", "explain", "--tenant", "demo", *words, "--json"))
    listed = unescape(shown.text)
    for rule in told["tried"]:
        assert f"<strong>{rule['rule']}</strong>" in listed.replace("&#34;", '"')
        for failed in rule["failed"]:
            assert f"is {failed['seen']}, must be {failed['wanted']}" in listed
    assert len(told["tried"]) == 2 and listed.count('<li class="matched">') == 1
    for fault in (
        {"user": "whim"},
        {"service": "x"},
        {"address": "here"},
        {"at": "noon"},
        {"at": "9999-12-31 23:00-12:00"},  # a year later on these clocks, which have none
        {"at": "0001-01-01 00:00+14:00"},
        {"proofs": "card"},
        {"proofs": f"password={'9' * 30}"},
    ):
        refused = await look(desk, server, "/explain", **{**supposed, **fault})
        assert refused.alerts and "<ol" not in refused.text, fault


async def test_what_was_looked_at_is_written_down(server: Server, browsers: Browsers) -> None:
    """By whom, which page and whose: of people ids alone."""
    desk = browsers()
    await entered(desk, server)
    await look(desk, server, "", user="wanda", outcome="denied")
    record, *_ = await written(server, "console.viewed")
    people = {each.details["username"]: each.user_id for each in await written(server, "user.added")}
    assert record.user_id == people["ada"] and record.service == "console"
    assert record.details == {
        "page": "decisions",
        "filters": ["outcome", "user"],
        "subject": people["wanda"],
    }


async def test_what_strangers_typed_is_text(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 33: a name as it was typed is shown escaped, to administrators, and stands in no log line."""
    stranger, desk = browsers(), browsers()
    asked = await stranger.answer(await stranger.get(f"{server.url}/"), SCRIPT)
    await stranger.request("POST", f"{server.url}/login", {}, {"User-Agent": SCRIPT})
    await stranger.answer(asked, "000000")
    await entered(desk, server)
    page = await look(desk, server, "", outcome="wrong")
    assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in page.text
    for link in links(page)[:1]:
        one = await desk.get(f"{server.url}{link}")
        assert one.status == 200 and "<script>alert" not in one.text and "&lt;script&gt;" in one.text
    for path in ("", "/explain"):
        echoed = await look(desk, server, path, user=SCRIPT, rule=SCRIPT, address=SCRIPT, service=SCRIPT)
        assert "<script>alert" not in echoed.text
    assert "alert(1)" not in server.log


async def test_old_proofs_are_asked_for_again(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 18: what a session proved long ago opens no page; the answers are counted like any."""
    desk = browsers()
    await entered(desk, server)
    server.advance(1500)
    await look(desk, server, "/revisions")
    server.advance(301)
    again = await desk.get(f"{server.url}/console/revisions")
    assert again.asked == "username"
    assert not (await desk.login(again, ADA, "\0")).asked


async def test_who_is_disabled_or_loses_his_group_sees_nothing_any_more(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 24: within 1 s of disabling a user his session opens no page of the console."""
    desk = browsers()
    await entered(desk, server, person("boss"))
    server.cli("user", "disable", "boss", "--tenant", "demo")
    for room in ROOMS:
        assert (await desk.get(f"{server.url}/console{room}")).asked == "username", room


async def test_a_session_or_form_of_another_opens_nothing(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 17: a login that was begun in one browser is not finished in another.

    THREAT_MODEL.md 19: who has given one of two proofs sees no page."""
    begun, other = browsers(), browsers()
    asked = await begun.answer(await begun.get(f"{server.url}/console"), "ada")
    half = await begun.answer(asked, PASSWORD)
    assert half.asked == "answer" and half.table
    assert (await begun.get(f"{server.url}/console")).asked == "username"
    stolen = await other.request("POST", f"{server.url}/login", {**half.form.fields, "answer": "123456"})
    assert stolen.status == 400
    assert (await other.get(f"{server.url}/console")).asked == "username"


async def test_nothing_of_another_tenant_is_seen(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 23: a tenant is found by its configured address.

    Its administrator sees its own records, and no id of another's is found."""
    ours, theirs = browsers(), browsers()
    await entered(ours, server)
    first, *_ = links(await look(ours, server, ""))
    seen = await entered(theirs, server, at="/acme")
    assert (await theirs.get(f"{server.url}/console")).asked == "username", (
        "a session of acme is none of demo"
    )
    await entered(theirs, server, at="/acme")
    assert all("ada" in line for line in entries(await theirs.get(f"{server.url}/acme/console")))
    assert (await theirs.get(f"{server.url}/acme{first}")).status == 404
    forged = await theirs.request("GET", f"{server.url}/acme/console", headers={"Host": "evil.example"})
    assert forged.status == 421
    assert seen.status == 200


async def test_an_erased_person_is_shown_as_erased(server: Server, browsers: Browsers) -> None:
    gone, desk = browsers(), browsers()
    await visit(gone, server, "wiki", person("wanda"))
    await entered(desk, server)
    link, *_ = links(await look(desk, server, "", user="wanda", service="wiki"))
    server.cli("user", "erase", "wanda", "--tenant", "demo", "--yes")
    lines = entries(await look(desk, server, "", service="wiki", rule="words"))
    assert any("Erased person" in line for line in lines) and not any("wanda" in line for line in lines)
    page = await desk.get(f"{server.url}{link}")
    assert "the person was erased" in page.text and "wanda" not in page.text and "127.0.0.1" not in page.text


@pytest.mark.parametrize("path", ["%00", "../../etc", "1" * 65, "a'"])
async def test_odd_addresses_find_nothing(server: Server, browsers: Browsers, path: str) -> None:
    """THREAT_MODEL.md 20: what is not there looks like any page that is not there."""
    desk = browsers()
    assert (await desk.get(f"{server.url}/console/decisions/{path}")).status == 404


def revision_of(server: Server) -> int:
    told: int = server.health()[1]["revision"]
    return told


async def apply(server: Server, why: str, revision: int) -> None:
    server.configuration.write(server.config)
    server.cli("config", "apply", "--why", why)
    await eventually(lambda: revision_of(server) == revision)
    server.advance(5)  # what is decided then was decided by this one


async def test_revisions_are_listed_compared_and_decisions_explained_by_those_of_then(
    server: Server, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 23: of a change for several tenants each sees its own part, and why one of others was made is
    theirs."""
    desk, theirs, browser = browsers(), browsers(), browsers()
    await apply(server, "as it was", 1)
    await visit(browser, server, "wiki", person("walt"))
    server.advance(5)
    server.tenant.policies.insert(0, {"name": "<b>shut", "when": {"services": ["wiki"]}, "then": "deny"})
    server.configuration.tenants[1].settings["support"] = {"en": "Call acme."}
    await apply(server, "shut & sealed", 2)
    server.tenant.settings["support"] = {"en": "Call demo."}
    await apply(server, "demo alone", 3)
    listed = await entered(desk, server, path="/revisions")
    assert "Revision 3 is in force" in listed.text and "The files of this node say the same" in listed.text
    assert [
        listed.text.count(f"<p>{why}</p>") for why in ("as it was", "shut &amp; sealed", "demo alone")
    ] == [1] * 3
    page = await look(desk, server, "/changes", **{"from": "1", "to": "2"})
    assert "Rule “&lt;b&gt;shut”" in page.text and not told("acme", page)
    their_list = await entered(theirs, server, path="/revisions", at="/acme")
    assert "shut &amp; sealed" in their_list.text and "demo alone" not in their_list.text
    their_part = await theirs.get(f"{server.url}/acme/console/changes?from=1&to=3")
    assert (
        "Call acme." in their_part.text
        and not told("shut", their_part)
        and "Call demo." not in their_part.text
    )
    for odd in ({"from": "1", "to": "99"}, {"from": "0", "to": "1"}, {"from": "x"}):
        assert "Nothing to compare" in (await look(desk, server, "/changes", **odd)).text
    link, *_ = links(await look(desk, server, "", user="walt", service="wiki", outcome="accepted"))
    one = (await desk.get(f"{server.url}{link}")).text
    assert "By the rules of then (revision 1)" in one and "By the rules of today" in one
    assert "Let in by the rule “words”." in one and "Denied by the rule “&lt;b&gt;shut”." in one
    newest, *_ = await written(server, "configuration.applied")
    (entry,) = entries(await look(desk, server, "", reference=newest.reference))
    assert "Configuration applied configuration.applied" in entry, (
        "its name, and what one looks for in the log"
    )
    (server.config / "tenants" / "demo" / "policies.yaml").write_text("[]\n")
    (server.config / "tenants" / "acme" / "policies.yaml").write_text("[]\n")
    drifted = await look(desk, server, "/revisions")
    assert (
        "<code>tenants/demo/policies.yaml</code><br>Differs from" in drifted.text
        and "tenants/acme" not in drifted.text
    )
