"""The token app in a real browser: from its address to a released login, without a network, and under its policy.

The tests tell one story in their order: one phone, one person, one server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from tests.clients.chromium import EXECUTABLE, FLAGS, NODE_MODULES, OUT
from tests.people import PASSWORD
from tests.running import usual
from tests.server import Server, running

LARGEST = 60_000  # bytes of all files together
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
PASTED = "otpauth://totp/ACME:vera@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&digits=8"
# RFC 6238, appendix B: the length of the secret for each hash, and what it shows at these times.
SEED = "1234567890" * 7
VECTORS = {
    "SHA-1": (20, {59: "94287082", 1111111109: "07081804", 20000000000: "65353130"}),
    "SHA-256": (32, {59: "46119246", 1111111111: "67062674", 20000000000: "77737706"}),
    "SHA-512": (64, {59: "90693936", 1234567890: "93441116", 20000000000: "47863826"}),
}
SHOWS = """async ([hash, seed, at, version]) => {
    const { code, step } = await import(`${location.pathname}${version}/totp.js`);
    const raw = new TextEncoder().encode(seed);
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]);
    return code(key, step(at * 1000, 30).number, 8);
}"""
PARSES = """async ([address, version]) => {
    const { parse } = await import(`${location.pathname}${version}/totp.js`);
    try { parse(address); return "read"; } catch (error) { return error.constructor.name; }
}"""
KEPT = """async () => {
    const request = indexedDB.open(`masugata-token ${location.pathname}`);
    const database = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const read = (name) => new Promise((resolve) => {
        const all = database.transaction(name).objectStore(name).getAll();
        all.onsuccess = () => resolve(all.result);
    });
    const [keys, slots] = [await read("keys"), await read("slots")];
    const readable = (key) => !(key instanceof CryptoKey) || key.extractable;
    return {
        readable: [...keys, ...slots.map((slot) => slot.release?.privateKey ?? null)]
            .filter((key) => key instanceof CryptoKey && readable(key)).length,
        wrapping: keys.filter((key) => key instanceof CryptoKey).length,
        secrets: slots.map((slot) => slot.wrapped.byteLength),
        text: JSON.stringify(slots),
    };
}"""
INSTALLED = """() => new Promise((resolve) => {
    const worker = navigator.serviceWorker;
    if (worker.controller) resolve();
    else worker.addEventListener("controllerchange", () => resolve());
})"""
AHEAD = "const real = Date.now; Date.now = () => real() + Number(localStorage.ahead ?? 0);"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """People may protect their logins here; vera has a password and no device."""
    one = usual(tmp_path_factory.mktemp("server"), "")
    one.tenant.settings["protect"] = {"use": "optional"}
    for server in running(one):
        server.add_user("vera", "token", password=PASSWORD)
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> BrowserContext:
    context = chromium.new_context(
        locale="ja", viewport=PHONE, permissions=["clipboard-read", "clipboard-write"]
    )
    context.add_init_script(AHEAD)  # a clock that can be set, since no code counts twice
    return context


@pytest.fixture(scope="module")
def app(phone: BrowserContext, server: Server) -> Page:
    """The app, installed."""
    page = phone.new_page()
    page.goto(f"{server.url}/token/")
    page.evaluate(INSTALLED)
    return page


@pytest.fixture(scope="module")
def desk(chromium: Browser) -> Page:
    """Where vera signs in."""
    return chromium.new_context(locale="en", viewport=DESK).new_page()


@pytest.fixture(autouse=True)
def complaints(app: Page) -> Iterator[list[str]]:
    """What the app's console says against it; where a network fails on purpose the browser says so itself."""
    said: list[str] = []

    def note(words: str) -> None:
        if "Failed to load resource" not in words:
            said.append(words)

    def console(message: Any) -> None:
        if message.type == "error":
            note(message.text)

    def thrown(error: Any) -> None:
        note(str(error))

    app.on("console", console)
    app.on("pageerror", thrown)
    yield said
    app.remove_listener("console", console)
    app.remove_listener("pageerror", thrown)
    assert said == []


def version(page: Page) -> str:
    address = page.locator("script[type=module]").get_attribute("src")
    assert address
    return address.partition("/")[0]


def answer(page: Page, name: str, text: str) -> None:
    page.locator(f"input[name={name}]").fill(text)
    page.locator(f"form:has(input[name={name}]) button").click()
    page.wait_for_load_state()


def fresh(app: Page) -> str:
    """The code of the next step, as if vera had waited for it."""
    before = digits(app)
    app.evaluate("localStorage.ahead = Number(localStorage.ahead ?? 0) + 30000")
    expect(app.locator(".digits").first).not_to_have_attribute("aria-label", " ".join(before))
    return digits(app)


def unfold(details: Locator) -> None:
    if details.get_attribute("open") is None:
        details.locator("summary").click()


def digits(app: Page) -> str:
    """What the first account shows."""
    expect(app.locator(".digits").first).to_have_attribute("aria-label", re.compile(r"\d"))
    return "".join(app.locator(".slot").first.locator(".digits span").all_inner_texts())


def sign_in(desk: Page, server: Server, app: Page) -> bool:
    """With right answers; whether vera is in."""
    begin(desk, server)
    if desk.locator("input[name=answer]").count():
        answer(desk, "answer", fresh(app))
    return signed_in(desk, server)


def begin(desk: Page, server: Server) -> None:
    """Up to the password."""
    desk.context.clear_cookies()
    desk.goto(server.url)
    answer(desk, "username", "vera")
    answer(desk, "password", PASSWORD)


def signed_in(desk: Page, server: Server) -> bool:
    return desk.url == f"{server.url}/" and not desk.locator("input[name=username]").count()


def allow(app: Page) -> None:
    app.locator(".allow").click()
    expect(app.locator("#status")).to_contain_text("60")


def look(page: Page, name: str) -> None:
    """Nothing is too wide, and axe-core finds nothing; a picture to look at oneself."""
    page.screenshot(path=OUT / f"token-{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_codes_are_those_of_the_standard(app: Page) -> None:
    """RFC 6238, appendix B, by WebCrypto."""
    for hash_, (length, shown) in VECTORS.items():
        for at, code in shown.items():
            assert app.evaluate(SHOWS, [hash_, SEED[:length], at, version(app)]) == code, (hash_, at)


def test_what_is_no_address_is_not_read(app: Page) -> None:
    good = "otpauth://totp/A:b?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    bad = [
        *("", "https://example.com/", "otpauth://hotp/A:b?secret=JBSWY3DPEHPK3PXP&counter=1"),
        *(good.replace("JBSWY", "01890"), "otpauth://totp/A:b?secret=JBSW", "otpauth://totp/%?secret=JBSWY3DPEHPK3PXP"),
        *(f"{good}&{more}" for more in ("digits=5", "digits=x", "period=0", "period=1e9", "algorithm=MD5")),
    ]  # fmt: skip
    assert app.evaluate(PARSES, [good, version(app)]) == "read"
    assert {app.evaluate(PARSES, [address, version(app)]) for address in bad} == {"BadAddress"}


def test_nothing_is_inline_or_from_elsewhere_and_all_is_small(app: Page, server: Server) -> None:
    page = app.request.get(f"{server.url}/token/")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'"
    )
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", page.text())
    worker = app.request.get(f"{server.url}/token/worker.js").text()
    files = re.findall(r'"([^"]+/[^"]+)"', worker.splitlines()[1])
    bodies = [app.request.get(f"{server.url}/token/{file}") for file in files]
    assert all(one.ok for one in bodies)
    assert len(page.body()) + len(worker) + sum(len(one.body()) for one in bodies) < LARGEST
    told = app.request.get(f"{server.url}/token/manifest.webmanifest").json()
    assert (told["display"], told["start_url"]) == ("standalone", f"{server.url}/token/")
    assert {app.request.get(f"{server.url}/token/{icon['src']}").status for icon in told["icons"]} == {200}


def test_from_the_address_to_a_device(app: Page, phone: BrowserContext, server: Server) -> None:
    """THREAT_MODEL.md 33: the secret reaches the app behind the `#`, and no log of ours holds it."""
    look(app, "empty-ja-phone")
    address = server.cli("credential", "activate", "vera", "totp", "--tenant", "demo").splitlines()[0]
    activating = phone.new_page()
    activating.goto(address)
    activating.locator("summary").first.click()
    link = activating.locator("a[target=_blank]")
    secret = re.search(r"secret=([A-Z2-7]+)", link.get_attribute("href") or "")
    assert secret
    with phone.expect_page() as opened:
        link.click()
    opened.value.locator("#adding .yes").click()
    expect(opened.value.locator("#status")).to_be_visible()
    assert opened.value.url == f"{server.url}/token/", "the history forgets it too"
    opened.value.close()
    app.reload()
    shown = digits(app)
    assert len(shown) == 6
    answer(activating, "answer", shown)
    assert not activating.locator("[role=alert]").count()
    activating.close()
    assert secret[1] not in server.log
    assert secret[1] not in str(server.audit())


def test_secrets_lie_wrapped_and_no_script_can_read_a_key(app: Page) -> None:
    """THREAT_MODEL.md 30: what the browser keeps is no secret in clear."""
    kept = app.evaluate(KEPT)
    assert (kept["readable"], kept["wrapping"]) == (0, 1)
    assert kept["secrets"] == [20 + 16]  # with the tag of AES-GCM
    assert "JBSW" not in kept["text"]


def test_a_login_is_released_and_the_next_is_not(app: Page, desk: Page, server: Server) -> None:
    """THREAT_MODEL.md 15: one release admits one login."""
    assert sign_in(desk, server, app)
    app.locator(".protect").click()
    expect(app.locator(".allow")).to_be_visible()
    assert app.evaluate(KEPT)["readable"] == 0
    look(app, "protected-ja-phone")
    assert not sign_in(desk, server, app)
    assert desk.locator("input[name=password]").count(), "it is looked at no more than any wrong one"
    look(desk, "waiting-en-desk")
    allow(app)
    look(app, "released-ja-phone")
    assert sign_in(desk, server, app)
    assert not sign_in(desk, server, app)
    events = [record["event"] for record in server.audit()]
    assert [events.count(event) for event in ("protect.on", "login.released")] == [1, 1]


def test_several_accounts_and_digits_like_a_matrix(app: Page, complaints: list[str]) -> None:
    app.goto(f"{app.url}?ui_locales=en")
    app.set_viewport_size(DESK)
    unfold(app.locator("#add"))
    app.locator("#address").fill("nonsense")
    app.locator("#paste button").click()
    expect(app.locator("#alert")).to_be_visible()
    app.locator("#address").fill(f"{app.url}#{PASTED}")
    app.locator("#paste button").click()
    look(app, "adding-en-desk")
    app.locator("#adding .no").click()
    expect(app.locator(".slot")).to_have_count(1)
    app.locator("#paste button").click()
    app.locator("#adding .yes").click()
    expect(app.locator(".slot")).to_have_count(2)
    assert len(app.locator(".slot").nth(1).locator(".digits span").all()) == 8
    app.locator(".slot").nth(1).locator(".copy").click()
    expect(app.locator("#status")).to_be_visible()
    assert len(app.evaluate("navigator.clipboard.readText()")) == 8
    unfold(app.locator("#settings"))
    app.locator("#cells").check()
    app.emulate_media(color_scheme="dark")
    look(app, "cells-en-desk")
    app.set_viewport_size({"width": 320, "height": 640})
    look(app, "cells-en-phone")
    unfold(app.locator(".slot").nth(1).locator("details"))
    app.locator(".slot").nth(1).locator(".remove").click()
    app.locator("#removing .yes").click()
    expect(app.locator(".slot")).to_have_count(1)


def test_a_passkey_locks_the_app(app: Page, phone: BrowserContext) -> None:
    """WebAuthn PRF: without the passkey nothing is shown."""
    session = phone.new_cdp_session(app)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasPrf": True}
    options |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    before = digits(app)
    unfold(app.locator("#settings"))
    expect(app.locator("#lock-off")).to_be_hidden()
    app.locator("#lock-on").click()
    expect(app.locator("#lock-off")).to_be_visible()
    app.reload()
    expect(app.locator("#unlock")).to_be_visible()
    assert app.locator(".slot").count() == 0
    look(app, "locked-en-phone")
    assert app.evaluate(KEPT)["wrapping"] == 0, "the key is where the passkey is"
    app.locator("#unlock").click()
    expect(app.locator(".slot")).to_have_count(1)
    assert len(digits(app)) == len(before)
    unfold(app.locator("#settings"))
    app.locator("#lock-off").click()
    expect(app.locator("#lock-on")).to_be_visible()


def test_without_a_network_codes_go_on(app: Page, desk: Page, server: Server) -> None:
    """After the installation it needs no server: it starts and shows the right code; a release needs one."""
    server.stop()
    app.reload()
    shown = fresh(app)
    app.locator(".allow").click()
    expect(app.locator("#alert")).to_be_visible()
    look(app, "offline-en-phone")
    server.start()
    allow(app)
    look(app, "released-en-phone")
    begin(desk, server)
    answer(desk, "answer", shown)
    assert signed_in(desk, server), "the code that it showed without a network"


def test_the_account_stays_where_something_else_than_the_server_answers(app: Page) -> None:
    """A proxy's 404 says nothing of the key: without the account its owner could release no login any more."""
    app.route("**/token/challenge", lambda route: route.fulfill(status=404, body="not here"))
    unfold(app.locator(".slot details"))
    app.locator(".slot .remove").click()
    app.locator("#removing .yes").click()
    expect(app.locator("#alert")).to_be_visible()
    expect(app.locator(".slot")).to_have_count(1)
    app.unroute("**/token/challenge")


def test_who_removes_the_account_is_not_protected_any_more(app: Page, desk: Page, server: Server) -> None:
    code = fresh(app)
    unfold(app.locator(".slot details"))
    app.locator(".slot .remove").click()
    app.locator("#removing .yes").click()
    expect(app.locator(".slot")).to_have_count(0)
    begin(desk, server)
    answer(desk, "answer", code)
    assert signed_in(desk, server)


def test_what_no_app_sends_is_refused_and_tells_nothing(app: Page, server: Server) -> None:
    """THREAT_MODEL.md 32: bad inputs give no 5xx and show no trace; and THREAT_MODEL.md 20: names are told apart by
    nothing."""
    key = {"x": "A" * 43, "y": "A" * 43, "mac": "A" * 43}
    signed = {"key": "A" * 43, "challenge": "c", "until": 1, "signature": "A" * 86}
    bad: list[tuple[str, Any]] = [
        *(("key", body) for body in ("", "[]", "{", "[" * 9000, '{"x": "\\ud800"}', "x" * 5000)),
        *(("key", {**key, "username": name}) for name in (None, 5, ["a"])),
        *(("release", {**signed, "until": until}) for until in (-1, 1 << 63, 1 << 70, 1.5, "1", None)),
        *(("stop", {**signed, "key": name}) for name in ("", "A" * 42, "\0" * 43, "A" * 44)),
        *(("challenge", {"key": name}) for name in (None, "a b", "é" * 43)),
        ("release", {**signed, "signature": "="}),
    ]
    refused: list[tuple[str, Any]] = [
        *(("key", {**key, "username": name}) for name in ("vera", "nobody", "\0", "", "x" * 3000, "è́" * 100)),
        ("release", signed),
        ("stop", signed),
    ]
    headers = {"Content-Type": "application/json"}
    for status, asked in ((400, bad), (403, refused)):
        for path, body in asked:
            text = body if isinstance(body, str) else json.dumps(body)
            told = app.request.post(f"{server.url}/token/{path}", data=text.encode(), headers=headers)
            assert told.status == status, (path, text[:80], told.text())
            assert status == 400 or told.text() == '{"error":"refused"}'
    told = app.request.post(
        f"{server.url}/token/challenge", data=json.dumps(signed).encode(), headers=headers
    )
    assert told.ok
    assert told.json().keys() == {"challenge", "until"}, "of a key that nobody has, like any"
    told = app.request.post(f"{server.url}/token/key", form={"username": "vera"})
    assert told.status == 400
