"""Passkeys and recovery codes as people use them: real Chromium, with an authenticator that it plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.clients.chromium import EXECUTABLE, FLAGS
from tests.people import PATTERN, answer
from tests.server import Server, running
from tests.service_provider import Provider

RULES: list[dict[str, Any]] = [
    {"name": "key alone", "when": {"services": ["mail"]}, "then": {"require": ["passkey"]}},
    {"name": "both", "when": {"services": ["wiki", "payroll"]}, "then": {"require": ["matrix", "passkey"]}},
    {"name": "others", "then": {"require": ["matrix"]}},
]
DEVICE = {
    "protocol": "ctap2",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PAYROLL = Provider("payroll")
ARRIVED = "/health/ready?service="  # stands for a service: a redirect must lead somewhere
numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"))
    one.configuration.idp["doors"] = ["oidc", "saml"]
    for name in ("wiki", "mail"):
        one.tenant.add_service(name, f"{one.url}{ARRIVED}{name}", pkce="optional")
    saml = {"metadata": "metadata/payroll.xml", "idp_initiated": True}
    one.tenant.services["payroll"] = {"service": "payroll", "display_name": {"en": "Payroll"}, "saml": saml}
    (one.config / "metadata").mkdir(parents=True)
    (one.config / "metadata" / "payroll.xml").write_text(PAYROLL.metadata())
    one.tenant.authenticators |= {"passkey": {}, "recovery": {}}
    one.tenant.policies = RULES
    for number in range(7):
        one.tenant.add_demo_user(f"user{number}", matrix={"pattern": PATTERN})
    yield from running(one)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))
        yield browser
        browser.close()


class Somebody:
    """A user, a window of his browser, and the authenticator in his device."""

    def __init__(self, server: Server, chromium: Browser, *, script: bool = True) -> None:
        self.server, self.name = server, f"user{next(numbers)}"
        context = chromium.new_context(locale="en", java_script_enabled=script)
        context.route(f"{PAYROLL.acs}**", lambda route: route.fulfill(body="arrived"))
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.cdp = context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        self.device = self.plug("internal")

    def plug(self, transport: str) -> str:
        """Another device."""
        options = {"options": {**DEVICE, "transport": transport}}
        return str(self.cdp.send("WebAuthn.addVirtualAuthenticator", options)["authenticatorId"])

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """What his device holds."""
        return list(self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.device})["credentials"])

    def hold(self, credential: dict[str, Any]) -> None:
        """Nothing but this in his device."""
        where = {"authenticatorId": self.device}
        self.cdp.send("WebAuthn.clearCredentials", where)
        self.cdp.send("WebAuthn.addCredential", {**where, "credential": credential})

    def unlocks(self, verified: bool) -> None:
        """Whether he passes the screen lock of his device."""
        self.cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.device, "isUserVerified": verified}
        )

    def open(self, service: str) -> None:
        """As if he had not been there before."""
        self.page.context.clear_cookies()
        back = quote(f"{self.server.url}{ARRIVED}{service}", safe="")
        asked = f"response_type=code&client_id={service}&redirect_uri={back}&scope=openid&nonce=n"
        path = {"payroll": "/saml/launch/payroll"}.get(service, f"/oidc/authorize?{asked}&state=s")
        self.page.goto(self.server.url + path)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def say(self, name: str, words: str) -> None:
        self.page.locator(f"input[name={name}]:visible").fill(words)

    def name_himself(self) -> None:
        self.say("username", self.name)
        self.press("Next")

    def draw_pattern(self) -> None:
        rows = self.page.locator("#matrix tr:has(td)")
        table = [row.locator("td").all_inner_texts() for row in rows.all()]
        self.say("answer", answer(PATTERN, table))
        self.press("Sign in")

    def account(self, page: str) -> None:
        """At a page of his account, after a login by pattern."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self.server.url}/account/{page}")
        self.name_himself()
        self.draw_pattern()
        self.page.wait_for_url(f"**/account/{page}")

    def add(self, name: str) -> None:
        self.account("passkeys")
        self.page.locator("#name").fill(name)
        self.press("Add a passkey")
        self.page.get_by_role("heading", name=name, exact=True).wait_for()

    def remove(self, name: str) -> None:
        """At the page of passkeys."""
        entry = self.page.locator("li", has=self.page.get_by_role("heading", name=name, exact=True))
        entry.locator("summary").click()
        self.press(f"Remove {name}")

    def arrives(self, service: str) -> None:
        """The service has got what it waited for."""
        there = PAYROLL.acs if service == "payroll" else f"{self.server.url}{ARRIVED}{service}&"
        self.page.wait_for_url(lambda url: url.startswith(there))
        assert "error=" not in self.page.url

    def is_refused(self) -> None:
        self.page.get_by_role("alert").filter(has_text="was not accepted").wait_for()


@pytest.fixture(scope="module")
def alice(server: Server, chromium: Browser) -> Somebody:
    """Has a passkey in her phone, added after a login by pattern."""
    somebody = Somebody(server, chromium)
    somebody.add("Work phone")
    return somebody


def test_who_has_none_makes_one_when_he_is_asked(server: Server, chromium: Browser) -> None:
    """One button; then he is where he wanted to go, and next time his device is asked for it."""
    somebody = Somebody(server, chromium)
    somebody.open("wiki")
    somebody.name_himself()
    somebody.draw_pattern()
    somebody.unlocks(verified=False)
    somebody.press("Add a passkey")
    somebody.page.locator("#failed").filter(has_text="try again").wait_for()
    somebody.unlocks(verified=True)
    somebody.say("name", "my laptop")
    somebody.press("Add a passkey")
    somebody.arrives("wiki")
    assert len(somebody.credentials) == 1
    somebody.open("wiki")
    somebody.name_himself()
    somebody.draw_pattern()
    somebody.press("Use the passkey")
    somebody.arrives("wiki")
    somebody.account("passkeys")
    somebody.press("Use the passkey")  # who changes proofs gives all that he has
    somebody.page.get_by_role("heading", name="my laptop", exact=True).wait_for()
    assert not somebody.complaints


def test_after_a_pattern_alone_and_without_a_name(alice: Somebody) -> None:
    """At services of OpenID Connect and SAML."""
    before = alice.credentials[0]["signCount"]
    for service in ("wiki", "payroll"):
        alice.open(service)
        alice.name_himself()
        alice.draw_pattern()
        alice.press("Use the passkey")
        alice.arrives(service)
    alice.open("mail")
    alice.name_himself()
    alice.press("Use the passkey")
    alice.arrives("mail")
    alice.open("mail")
    alice.press("Sign in with a passkey")
    alice.arrives("mail")
    (held,) = alice.credentials
    assert (held["rpId"], held["userName"], held["signCount"]) == ("localhost", alice.name, before + 4)
    assert not alice.complaints, "the policy lets all of it happen"


def test_a_copy_that_is_behind_is_refused(server: Server, alice: Somebody) -> None:
    alice.open("mail")
    alice.press("Sign in with a passkey")
    alice.arrives("mail")
    (held,) = alice.credentials
    alice.hold({**held, "signCount": 0})
    alice.open("mail")
    alice.press("Sign in with a passkey")
    alice.is_refused()
    assert "passkey.cloned" in {event["event"] for event in server.events}
    alice.hold(held)


def test_who_does_not_unlock_his_device_is_told_and_may_try_again(alice: Somebody) -> None:
    alice.unlocks(False)
    alice.open("mail")
    failed = alice.page.locator("#failed")
    assert failed.is_hidden()
    alice.press("Sign in with a passkey")
    failed.wait_for()
    assert failed.get_attribute("role") == "alert"
    alice.unlocks(True)
    alice.press("Sign in with a passkey")
    alice.arrives("mail")


def test_one_that_was_removed_is_refused(server: Server, chromium: Browser) -> None:
    """The last one could not be."""
    bob = Somebody(server, chromium)
    bob.add("Old phone")
    bob.remove("Old phone")
    bob.page.get_by_role("alert").wait_for()
    key = bob.plug("usb")
    bob.page.locator("#name").fill("Security key")
    bob.press("Add a passkey")
    bob.page.get_by_role("heading", name="Security key", exact=True).wait_for()
    bob.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    bob.remove("Old phone")
    bob.page.get_by_role("heading", name="Old phone", exact=True).wait_for(state="detached")
    bob.open("mail")
    bob.press("Sign in with a passkey")
    bob.is_refused()


def test_without_script_the_page_says_what_to_do(server: Server, chromium: Browser) -> None:
    """And whoever can sign in otherwise still does."""
    alice = Somebody(server, chromium, script=False)
    alice.open("mail")
    assert alice.page.get_by_role("button").count() == 1
    alice.name_himself()
    assert "JavaScript" in alice.page.locator("main").inner_text()
    assert not alice.page.get_by_role("button", name="Use the passkey").is_visible()
    alice.page.get_by_role("link", name="Choose another way: a recovery code").click()
    assert alice.page.locator("input[name=answer]").is_visible()


def test_recovery_codes_are_shown_once_and_sign_in_once(server: Server, chromium: Browser) -> None:
    """THREAT_MODEL.md 33: no log line holds a code."""
    alice = Somebody(server, chromium)
    alice.account("recovery-codes")
    alice.press("Make ten new codes")
    codes = alice.page.locator("ol.codes code").all_inner_texts()
    assert len(set(codes)) == 10
    alice.page.goto(f"{server.url}/account/recovery-codes")
    assert "Codes left: 10" in alice.page.locator("main").inner_text()
    assert codes[0] not in alice.page.content()
    for typed in (codes[:1], codes[:2]):
        alice.open("mail")
        alice.name_himself()
        alice.page.get_by_role("link", name="Choose another way: a recovery code").click()
        for code in typed:
            alice.say("answer", code)
            alice.press("Sign in")
            alice.page.wait_for_load_state()
        alice.arrives("mail")
    audit = server.audit()
    written = server.log + json.dumps(audit)
    assert not [code for code in codes if code in written or code.replace("-", "") in written]
    assert [one["details"]["left"] for one in audit if one["event"] == "recovery.used"] == [8, 9]
    assert not alice.complaints
