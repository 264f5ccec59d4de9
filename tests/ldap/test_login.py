"""People of a domain with a directory sign in: at the login page, by RADIUS, and with what an operator sees."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from typing import Any

import pytest

from protocols.radius import datagrams, streams
from tests.browser import Browser
from tests.ldap.conftest import Pair
from tests.ldap.slapd import DECOY, PASSWORD, PEOPLE, SEARCHER, SEARCHER_PASSWORD, SUFFIX
from tests.page import Page
from tests.people import PASSWORD as OWN_PASSWORD
from tests.people import Person
from tests.protocols.radius import certificates
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT, SECRET
from tests.protocols.radius.tunnel import SAFE, Tunnel
from tests.relying_party import CALLBACK, RelyingParty
from tests.server import Server, free_port, running

HANAKO = Person("hanako@corp", password=PASSWORD)
TWINS = "hanako"  # somebody of ours, who is not she
FAILURES = 5
REQUESTS = 32  # that are answered at once: more than any test here has, but for those who wait for a silent directory
CROWD = 1000  # who may wait for that one
ROUNDS = 3  # where all is slow, the silent one's time may be over before anybody else was looked at


class Office(Server):
    """A server whose people are of two domains."""

    def prepare(self, ldap: dict[str, Any]) -> None:
        self.radius, self.radsec = free_port(), free_port()
        self.mute = socket.create_server(("127.0.0.1", 0))  # a directory that says nothing
        self.configuration.idp["log"]["level"] = "debug"
        self.configuration.idp["doors"] = ["oidc", "radius"]
        self.configuration.idp["listen"].update(
            radius=f"127.0.0.1:{self.radius}", radsec=f"127.0.0.1:{self.radsec}"
        )
        certificates.make(self.config / "tls")
        self.configuration.idp["radsec"] = {
            "certificate": "tls/server.pem", "key": "tls/server.key", "authorities": "tls/ca.pem",
        }  # fmt: skip
        tenant = self.tenant
        search = {"base": SUFFIX, "dn": SEARCHER, "password": SEARCHER_PASSWORD}
        corp = {
            "display_name": {"ja": "社員", "en": "Employees"},
            "ldap": {**ldap, "search": search, "decoy_dn": DECOY},
        }
        server = f"ldaps://127.0.0.1:{self.mute.getsockname()[1]}"
        silent = {"servers": [server], "bind_dn": "{user}@mute", "connections": 1, "queue": CROWD}
        tenant.settings["domains"] = {"corp": corp, "mute": {"ldap": silent}}
        self.configuration.idp["overload"] = {"requests": REQUESTS}
        tenant.settings["lockout"] = {"failures": FAILURES, "seconds": 600}
        tenant.policies = [
            {"name": "out", "when": {"groups": ["out"]}, "then": "deny"},
            {"name": "everybody", "then": {"require": ["password"]}},
        ]
        tenant.add_service("wiki", CALLBACK)
        tenant.services["vpn"] = {
            "service": "vpn",
            "display_name": {"en": "vpn"},
            "radius": {"networks": ["127.0.0.1/32"], "secret": SECRET.decode()},
        }
        tenant.services["tunnel"] = {
            "service": "tunnel",
            "display_name": {"en": "tunnel"},
            "radius": {
                "networks": [f"{SAFE}/32"], "secret": SECRET.decode(), "certificate_names": ["nas.example.com"],
            },
        }  # fmt: skip
        for name in ("hanako", "taro", "back\\slash", "nobody", "off"):
            tenant.add_demo_user(f"{name}@corp")
        tenant.add_demo_user("鈴木@corp", "out")
        tenant.add_demo_user(TWINS, password={"password": OWN_PASSWORD})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, ldap: dict[str, Any]) -> Iterator[Office]:
    """On SQLite: a directory is no table."""
    server = Office(tmp_path_factory.mktemp("office"))
    server.prepare(ldap)
    for started in running(server):
        started.cli("user", "disable", "off@corp")
        yield started  # type: ignore[misc]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as opened:
        yield opened


async def wrong(office: Office, name: str) -> Page:
    """The page after a wrong password, in a fresh browser."""
    async with Browser() as opened:
        page = await opened.answer(await opened.get(f"{office.url}/"), name)
        return await opened.answer(page, "wrong")


async def test_the_domain_is_chosen_beside_the_name(office: Office, browser: Browser) -> None:
    page = await browser.get(f"{office.url}/")
    assert page.form.choices == {"domain": ["local", "corp", "mute"]}
    assert page.form.fields["domain"] == "local"
    page = await browser.submit(page, {"username": "hanako", "domain": "corp"})
    assert page.asked == "password"
    assert "hanako@corp" in page.text
    page = await browser.answer(page, PASSWORD)
    assert (page.status, page.asked) == (200, "")


async def test_the_domain_is_typed_behind_the_name(office: Office, browser: Browser) -> None:
    """And services are told the whole name: hanako of another domain is somebody else."""
    party = RelyingParty(browser, office.url)
    corp = await party.login(HANAKO)
    async with Browser() as other:
        own = await RelyingParty(other, office.url).login(Person(TWINS, password=OWN_PASSWORD))
    assert corp.claims["sub"] != own.claims["sub"]
    told = [json.loads((await party.userinfo(each.access_token)).text) for each in (corp, own)]
    assert [each["preferred_username"] for each in told] == ["hanako@corp", "hanako"]


async def test_a_password_is_right_in_its_own_domain_only(office: Office, browser: Browser) -> None:
    for name, password in ((TWINS, PASSWORD), ("hanako@corp", OWN_PASSWORD), ("hanako@local", OWN_PASSWORD)):
        page = await browser.login(f"{office.url}/", Person(name, password=password), CALLBACK)
        assert page.asked == "password", name


async def test_unknown_and_disabled_people_of_a_directory_look_like_others(office: Office) -> None:
    """THREAT_MODEL.md 20: unknown, disabled, locked, factor-less and real users: same status, headers, body shape; of
    whom our database does not know the directory may know, and of whom it knows the directory may not.
    """
    pages = [await wrong(office, f"{name}@corp") for name in ("hanako", "nobody", "off", "plus", "ghost")]
    shapes = {
        (page.status, tuple(sorted(page.headers)), tuple(page.form.fields), tuple(page.alerts))
        for page in pages
    }
    assert len(shapes) == 1


async def test_who_will_be_denied_hears_so_after_the_password_of_the_directory(
    office: Office, browser: Browser
) -> None:
    denied = Person("鈴木@corp", password=PASSWORD)
    assert (await browser.login(f"{office.url}/", denied, CALLBACK)).status == 403


async def test_web_and_radius_spend_one_budget_on_a_directory(office: Office, browser: Browser) -> None:
    """THREAT_MODEL.md 18: every path that checks a secret (web, RADIUS, …) spends the same budget."""
    with NAS(office.radius) as nas:
        for _ in range(FAILURES - 1):
            assert nas.ask(nas.pap("taro@corp", "wrong")).code == REJECT
        page = await wrong(office, "taro@corp")
        assert page.status == 429
        assert nas.ask(nas.pap("taro@corp", PASSWORD)).code == REJECT
        office.cli("user", "unlock", "taro@corp")
        assert nas.ask(nas.pap("taro@corp", PASSWORD)).code == ACCEPT


async def test_many_wrong_guesses_at_once_are_no_more_than_the_budget_in_the_directory(
    office: Office, pair: Pair
) -> None:
    """THREAT_MODEL.md 16: parallel wrong guesses: never more evaluated than the budget allows."""
    entry = f"BIND uid=back\\5Cslash,{PEOPLE}"
    pages = await asyncio.gather(*(wrong(office, "back\\slash@corp") for _ in range(4 * FAILURES)))
    assert {page.status for page in pages} <= {200, 429, 503}
    assert pair[0].asked().count(entry) == FAILURES


async def test_a_directory_that_does_not_answer_is_told_and_costs_no_guess(
    office: Office, pair: Pair, browser: Browser
) -> None:
    """Of a name that nobody has, too; and the page may be answered again once it is back."""
    for server in pair:
        server.stop()
    try:
        for name in ("hanako@corp", "ghost@corp"):
            page = await browser.answer(await browser.get(f"{office.url}/"), name)
            for _ in range(FAILURES + 1):
                page = await browser.answer(page, PASSWORD)
                assert (page.status, page.asked) == (503, "password")
                assert page.headers["Retry-After"] == "30"
                assert "not counted" in page.alerts[0]
    finally:
        for server in pair:
            server.start()
    page = await browser.get(f"{office.url}/")
    page = await browser.answer(await browser.answer(page, "hanako@corp"), PASSWORD)
    assert (page.status, page.asked) == (200, "")


async def test_our_own_people_sign_in_while_the_directory_is_down(
    office: Office, pair: Pair, browser: Browser
) -> None:
    for server in pair:
        server.stop()
    try:
        page = await browser.login(f"{office.url}/", Person(TWINS, password=OWN_PASSWORD), CALLBACK)
        assert (page.status, page.asked) == (200, "")
    finally:
        for server in pair:
            server.start()


async def is_let_in(office: Office, opened: AsyncExitStack, nas: NAS, most: int) -> bool:
    """Whether a NAS lets somebody of ours in while it has more waiting for the silent directory than are answered at
    once: before the first who waits is told that it is silent.
    """
    for _ in range(ROUNDS):
        browser = await opened.enter_async_context(Browser())
        page = await browser.answer(await browser.get(f"{office.url}/"), "nobody@mute")
        first = asyncio.create_task(browser.answer(page, "any"))
        await asyncio.sleep(0.2)  # he waits already
        for number in range(most + 1):
            nas.send(nas.pap(f"guest{number}@mute", "any"))
        asked = nas.pap(TWINS, OWN_PASSWORD)
        while not first.done():
            nas.send(asked)
            answer = await asyncio.to_thread(nas.receive, asked, 2.0)
            if answer is not None and not first.done():
                return answer.code == ACCEPT
    return False


async def test_who_waits_for_a_silent_directory_keeps_out_nobody_else(
    office: Office, browser: Browser
) -> None:
    """At the pages, at RADIUS and over TLS more wait for it than are answered at once, while others sign in."""
    async with AsyncExitStack() as opened:
        crowd = []
        for number in range(REQUESTS):
            other = await opened.enter_async_context(Browser())
            crowd.append(
                (other, await other.answer(await other.get(f"{office.url}/"), f"nobody{number}@mute"))
            )
        waiting = [asyncio.create_task(other.answer(page, "any")) for other, page in crowd]
        page, twin = await browser.get(f"{office.url}/"), Person(TWINS, password=OWN_PASSWORD)
        while page.status == 503 and not waiting[0].done():  # they all came in one moment
            page = await browser.get(f"{office.url}/")
        page = await browser.login(page, twin, CALLBACK)
        assert (page.status, page.asked) == (200, "")
        with NAS(office.radius) as nas, closing(Tunnel(office)) as tunnel:
            assert await is_let_in(office, opened, nas, datagrams.MOST_AT_ONCE)
            assert await is_let_in(office, opened, tunnel, streams.MOST_AT_ONCE)
        office.mute.close()  # whoever waits is told so soon
        told = await asyncio.gather(*waiting)
        assert {(page.status, page.asked) for page in told} == {(503, "password")}


def test_no_password_stands_in_the_log(office: Office) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a password: the user's, or ours for the directory."""
    assert "ldap.fault" in office.log
    assert not any(secret in office.log for secret in (PASSWORD, OWN_PASSWORD, SEARCHER_PASSWORD, 'wrong"'))
