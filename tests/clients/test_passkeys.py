"""Passkeys and recovery codes as people use them: real Chromium, with an authenticator that it plays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.clients.chromium import EXECUTABLE, FLAGS
from tests.relying_party import CALLBACK
from tests.running import usual
from tests.server import Server, running

RULES = [
    {"name": "key alone", "when": {"services": ["mail"]}, "then": {"require": ["passkey"]}},
    {"name": "both", "when": {"services": ["wiki"]}, "then": {"require": ["matrix", "passkey"]}},
    {"name": "code", "when": {"services": ["vault"]}, "then": {"require": ["matrix", "totp"]}},
    {"name": "others", "then": {"require": ["matrix"]}},
]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = usual(tmp_path_factory.mktemp("server"), "")
    one.tenant.add_service("vault", f"{CALLBACK}/vault")
    one.tenant.authenticators |= {"passkey": {}, "recovery": {}}
    one.tenant.policies = RULES
    yield from running(one)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))
        yield browser
        browser.close()


class Somebody:
    """A user, his browser window, and the authenticator in his device."""

    def __init__(self, server: Server, chromium: Browser, name: str) -> None:
        self.server = server
        self.name = name
        self._chromium = chromium
        self.page = self._window()
        self.key = self._plug(KEY)

    def _window(self) -> Page:
        context = self._chromium.new_context(locale="en")
        # Nobody listens where the services live: what is sent there is enough.
        context.route(f"{CALLBACK}**", lambda route: route.fulfill(status=204))
        return context.new_page()

    def _plug(self, options: dict[str, Any]) -> str:
        self.cdp: CDPSession = self.page.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        return str(self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def credentials(self) -> list[dict[str, Any]]:
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.key})
        return list(found["credentials"])

    def forget(self) -> None:
        """Another browser session, with the same device."""
        self.page.context.clear_cookies()

    def open(self, service: str) -> None:
        path = "/" if service == "portal" else self._authorization(service)
        self.page.goto(f"{self.server.url}{path}")

    def _authorization(self, service: str) -> str:
        uri = CALLBACK if service == "wiki" else f"{CALLBACK}/{service}"
        challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        return (
            f"/oidc/authorize?response_type=code&client_id={service}&redirect_uri={uri}&scope=openid"
            f"&state=s&nonce=n&code_challenge={challenge}&code_challenge_method=S256"
        )
