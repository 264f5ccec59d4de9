"""Client certificates as people use them: TLS that we end ourselves, real Chromium, and a proxy's word."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from playwright.sync_api import ConsoleMessage, Page, Playwright, sync_playwright

from tests.browser import Browser
from tests.certificates import Issued, issue
from tests.clients import tls
from tests.clients.certificate_holder import Holder
from tests.clients.chromium import NODE_MODULES, OUT
from tests.page import Page as Read
from tests.people import PATTERN, Person, answer
from tests.server import Server, running

RULES: list[dict[str, Any]] = [
    {"name": "both", "when": {"services": ["wiki"]}, "then": {"require": ["matrix", "certificate"]}},
    {"name": "others", "then": {"require": ["matrix"]}},
]
HEADER = "Client-Cert"
PROXY = "127.0.0.2"
ARRIVED = "/health/ready?service="  # stands for a service: a redirect must lead somewhere
COMPANY = issue("CN=Company", is_authority=True)
CAROL = issue("CN=carol", COMPANY)


class SecureServer(Server):
    """Ends TLS itself, and asks browsers for a certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"https://localhost:{self.port}"
        self.certificate, key = tls.certificate(folder)
        self.tenant.base_url = self.url
        self.configuration.idp["tls"] = {
            "certificate": str(self.certificate), "key": str(key), "client_certificates": True
        }  # fmt: skip
        self.configuration.idp |= {
            "trusted_proxies": [f"{PROXY}/32"], "client_certificate_header": HEADER
        }  # fmt: skip

    def context(self, holder: Issued | None = None) -> ssl.SSLContext:
        """Of a client that believes the server, and shows this certificate."""
        context = ssl.create_default_context(cafile=self.certificate)
        if holder is not None:
            file = self.folder / "holder.pem"
            file.write_bytes(holder.pem + holder.key_pem)
            context.load_cert_chain(file)
        return context

    def is_ready(self) -> bool:
        try:
            address = f"{self.url}/health/ready"
            with urllib.request.urlopen(address, timeout=2, context=self.context()) as said:
                ready: bool = said.status == 200
                return ready
        except OSError:
            return False

    def faults(self) -> list[str]:
        """Of certificates that were refused, newest first."""
        return [
            one["details"]["certificate"]["fault"]
            for one in self.audit()
            if one["event"] == "proof.refused" and "certificate" in one["details"]
        ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    one = SecureServer(tmp_path_factory.mktemp("server"))
    one.tenant.add_service("wiki", f"{one.url}{ARRIVED}wiki", pkce="optional")
    (one.folder / "company.pem").write_bytes(COMPANY.pem)
    external = {"authorities": str(one.folder / "company.pem"), "user": "common_name"}
    one.tenant.authenticators["certificate"] = {"issue": "after_login", "external": [external]}
    one.tenant.policies = RULES
    for name in ("alice", "carol", "dora"):
        one.tenant.add_demo_user(name, matrix={"pattern": PATTERN})
    for started in running(one):
        assert isinstance(started, SecureServer)
        yield started


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as one:
        yield one


def authorize(server: Server) -> str:
    back = quote(f"{server.url}{ARRIVED}wiki", safe="")
    asked = f"response_type=code&client_id=wiki&redirect_uri={back}&scope=openid&nonce=n"
    return f"{server.url}/oidc/authorize?{asked}&state=s"


class Somebody:
    """Alice, in one window."""

    def __init__(self, server: Server, page: Page) -> None:
        self.server, self.page = server, page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if not said.location["url"].endswith("/favicon.ico"):  # of what stands for the service
            self.complaints.append(said.text)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def sign_in(self, address: str) -> None:
        """Anew, by name and pattern."""
        self.page.context.clear_cookies()
        self.page.goto(address)
        self.page.locator("input[name=username]").fill("alice")
        self.press("Next")
        rows = self.page.locator("#matrix tr:has(td)")
        table = [row.locator("td").all_inner_texts() for row in rows.all()]
        self.page.locator("input[name=answer]").fill(answer(PATTERN, table))
        self.press("Sign in")

    def arrives(self) -> None:
        self.page.wait_for_url(f"{self.server.url}{ARRIVED}wiki&*")
        assert "error=" not in self.page.url

    def download(self, name: str, file: Path) -> str:
        """A new certificate at the page of certificates: its import password."""
        password = self.page.locator("#password").inner_text()
        self.page.locator("#name").fill(name)
        with self.page.expect_download() as download:
            self.press("Download the certificate")
        assert download.value.suggested_filename == "alice.p12"
        download.value.save_as(file)
        return password

    def revoke(self, name: str) -> None:
        entry = self.page.locator("li", has=self.page.get_by_role("heading", name=name, exact=True))
        entry.locator("summary").click()
        self.press(f"Revoke {name}")

    def looks(self, name: str) -> None:
        """Nothing that axe complains of, in both languages, on a desktop and on a phone, with pictures to look at."""
        OUT.mkdir(exist_ok=True)
        for language, label in (("ja", "日本語"), ("en", "English")):
            self.page.get_by_role("link", name=label, exact=True).click()
            self.page.locator(f"html[lang={language}]").wait_for()
            for device, width in (("desktop", 1280), ("phone", 390)):
                self.page.set_viewport_size({"width": width, "height": 844})
                self.page.screenshot(path=OUT / f"certificate-{name}-{language}-{device}.png", full_page=True)
                assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            self.page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
            found: Mapping[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert [one["id"] for one in found["violations"]] == []


def test_from_the_download_to_the_login_to_the_revocation(
    server: SecureServer, playwright: Playwright, tmp_path: Path
) -> None:
    """THREAT_MODEL.md 33: no log line holds the import password, nor the key."""
    holder, files = Holder(tmp_path / "home", server.certificate), [tmp_path / "1.p12", tmp_path / "2.p12"]
    with holder.browser(playwright, server.url) as browser:
        alice = Somebody(server, browser.new_page())
        alice.sign_in(server.url)  # the page comes by itself, for she has none
        alice.page.wait_for_url("**/account/certificate?interaction=*")
        alice.looks("download")
        passwords = [alice.download("Laptop", files[0])]
        alice.page.get_by_role("link", name="Go on").click()
        alice.page.wait_for_url(f"{server.url}/")
        alice.sign_in(authorize(server))
        alice.page.get_by_text("your browser has shown none").wait_for()
        alice.looks("none")
        alice.press("Try again")
        alice.page.get_by_role("alert").filter(has_text="still shows no certificate").wait_for()
        assert not alice.complaints
    holder.holds(files[0], passwords[0])
    with holder.browser(playwright, server.url) as browser:
        alice = Somebody(server, browser.new_page())
        alice.sign_in(authorize(server))
        alice.arrives()
        cdp = browser.new_cdp_session(alice.page)
        cdp.send("Emulation.setScriptExecutionDisabled", {"value": True})
        alice.sign_in(authorize(server))
        alice.press("Use the certificate")
        alice.arrives()
        cdp.send("Emulation.setScriptExecutionDisabled", {"value": False})
        alice.page.goto(f"{server.url}/account/certificate")
        alice.page.get_by_text("This browser shows this one.").wait_for()
        alice.revoke("Laptop")
        alice.page.get_by_role("alert").filter(has_text="the last one stays").wait_for()
        passwords.append(alice.download("Phone", files[1]))
        alice.page.goto(f"{server.url}/account/certificate")
        alice.revoke("Laptop")
        alice.page.get_by_role("heading", name="Laptop", exact=True).wait_for(state="detached")
        alice.sign_in(authorize(server))
        alice.page.get_by_role("alert").filter(has_text="was not accepted").wait_for()
        assert not alice.complaints
    audit = server.audit()
    assert server.faults()[0] == "revoked"
    key, _, _ = pkcs12.load_key_and_certificates(files[1].read_bytes(), passwords[1].encode())
    assert key is not None
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().split("\n")[1]
    written = server.log + json.dumps(audit) + "".join(map(_readable, (server.folder / "var").iterdir()))
    assert not [word for word in (*passwords, secret) if word in written]


def _readable(file: Path) -> str:
    return file.read_bytes().decode("latin-1")


@asynccontextmanager
async def visiting(server: SecureServer, **how: Any) -> AsyncIterator[tuple[Browser, Read]]:
    """A browser whose user, carol, is asked for a certificate."""
    browser = Browser(tls=server.context(how.pop("holder", None)), **how)
    try:
        page = await browser.login(
            authorize(server), Person("carol", pattern=PATTERN), f"{server.url}{ARRIVED}"
        )
        yield browser, page
    finally:
        await browser.close()


async def send(browser: Browser, server: Server, page: Read, certificates: list[str]) -> Read:
    """The form of the question, with the header that a proxy writes."""
    form = next(form for form in page.forms if "step" in form.fields)
    headers = {HEADER: certificates[0]} if certificates else {}
    return await browser.request("POST", f"{server.url}{form.action}", form.fields, headers)


async def test_what_is_shown_by_tls(server: SecureServer) -> None:
    """One of the authority that a tenant believes, of another that it does not, and none."""
    async with visiting(server, holder=CAROL) as (browser, page):
        done = await send(browser, server, page, [])
        assert (done.location or "").startswith(f"{server.url}{ARRIVED}wiki&")
    async with visiting(server, holder=issue("CN=dora", COMPANY, days=(-9, -1))) as (browser, page):
        assert (await send(browser, server, page, [])).alerts
    assert server.faults()[0] == "expired"
    stranger = issue("CN=carol", issue("CN=Company", is_authority=True))
    async with Browser(tls=server.context(stranger)) as browser:
        with pytest.raises(aiohttp.ClientError):
            await browser.get(f"{server.url}/health/live")


async def test_what_a_proxy_says_counts_and_what_others_say_does_not(server: SecureServer) -> None:
    """THREAT_MODEL.md 23: client address only through configured proxies; so it is with certificates."""
    async with visiting(server, own=PROXY) as (browser, page):
        done = await send(browser, server, page, [CAROL.header])
        assert (done.location or "").startswith(f"{server.url}{ARRIVED}wiki&")
    async with visiting(server) as (browser, page):
        refused = await send(browser, server, page, [CAROL.header])
        assert refused.status == 200
        assert refused.alerts
    async with visiting(server, own=PROXY, holder=CAROL) as (browser, page):
        refused = await send(browser, server, page, [])  # the proxy's own is nobody's
        assert refused.status == 200
        assert refused.alerts


async def test_the_list_of_revoked_ones_is_there_for_others(server: SecureServer) -> None:
    shown = json.loads(server.cli("authority", "show", "--json"))
    (one,) = shown
    async with Browser(tls=server.context()) as browser:
        listed = await browser.get(one["crl"])
        assert (listed.status, listed.headers["Content-Type"]) == (200, "application/pkix-crl")
        assert (await browser.get(f"{server.url}/certificates/0a.crl")).status == 404


def test_an_operator_issues_lists_and_revokes(server: SecureServer, tmp_path: Path) -> None:
    """And asks whether the server is well, over TLS."""
    assert server.cli("health").startswith("ready")
    file = tmp_path / "dora.p12"
    password = server.cli("authority", "issue", "dora", "--label", "Tablet", "--out", str(file)).strip()
    assert file.stat().st_mode & 0o777 == 0o600
    _, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), password.encode())
    assert certificate is not None
    assert others[0].public_bytes(Encoding.PEM).decode() == server.cli("authority", "show", "--pem")
    server.cli("authority", "issue", "dora", "--out", str(file), status=1)
    serial = f"{certificate.serial_number:x}"
    states = []
    for _ in range(2):
        (row,) = json.loads(server.cli("authority", "list", "--user", "dora", "--json"))
        states.append((row["serial"], row["name"], row["state"]))
        server.cli("authority", "revoke", serial.upper(), status=len(states) - 1)
    assert states == [(serial, "Tablet", "good"), (serial, None, "revoked")]
    assert "certificate.revoked" in {one["event"] for one in server.audit()}
    server.cli("authority", "renew")
    old, new = json.loads(server.cli("authority", "show", "--json"))
    assert (old["state"], new["state"]) == ("retired", "active")
    server.cli("authority", "delete", new["id"], "--yes", status=1)
    server.cli("authority", "delete", old["id"], "--yes")
    assert json.loads(server.cli("authority", "list", "--json")) == []
