"""What the log says, and what it must never say."""

import json

from tests.browser import Browser
from tests.configuration import SECRET
from tests.page import Page
from tests.people import PASSWORD, Person, Token, wrong_answer
from tests.relying_party import RelyingParty
from tests.running import MakeServer
from tests.server import Server

# Long, so that no number in the log is the right answer by chance.
PATTERN = "A1 F2 K3 L4 C2 G1 B1 B2 B3 B4 D4 E3"
ALICE = Person("alice", pattern=PATTERN)
BOB = Person("bob", password=PASSWORD, token=Token(digits=8))
WRONG = "a-wrong-password-of-bobs"


class Recorder(Browser):
    """Remembers every secret that crossed the wire: answers, fields, cookies, codes, tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    async def request(
        self, method: str, url: str, data: dict[str, str] | None = None, *args: object, **kwargs: object
    ) -> Page:  # type: ignore[override]
        page = await super().request(method, url, data, *args, **kwargs)  # type: ignore[arg-type]
        hidden = ("password", "answer", "csrf", "code", "code_verifier", "refresh_token")
        self.secrets |= {value for name, value in (data or {}).items() if name in hidden}
        self.secrets |= {morsel.value for morsel in self.cookies.values()}
        if page.headers.get("Content-Type", "").startswith("application/json"):
            given = json.loads(page.body)
            self.secrets |= {
                given[name] for name in ("access_token", "refresh_token", "id_token") if name in given
            }
        return page


async def use_every_door(server: Server, browser: Recorder) -> None:
    """Right and wrong, by every way that a secret can take."""
    party = RelyingParty(browser, server.url, scope="openid profile email offline_access")
    for person in (ALICE, BOB):
        browser.cookies.clear()
        tokens = await party.login(person)
        await party.userinfo(tokens.access_token)
        assert tokens.refresh_token
        for _ in range(2):  # the second is a reuse
            await party.token(grant_type="refresh_token", refresh_token=tokens.refresh_token)
        await browser.request("GET", f"{server.url}/oidc/userinfo?access_token={tokens.access_token}")
        await browser.request("GET", f"{server.url}/nowhere?code={tokens.refresh_token}")
    browser.cookies.clear()
    pending = await party.begin()
    asked = await browser.answer(await browser.get(pending.url), "alice")
    asked = await browser.answer(asked, wrong_answer(PATTERN, asked.table or []))
    code = party.code(pending, await browser.login(asked, ALICE, party.redirect_uri))
    await party.redeem(pending, code)
    for _ in range(2):  # a replay, and a verifier that does not fit
        await party.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=party.redirect_uri,
            code_verifier="v" * 43,
        )
    browser.cookies.clear()
    asked = await browser.answer(await browser.get(f"{server.url}/"), "bob")
    await browser.answer(asked, WRONG)
    await browser.request("POST", f"{server.url}/login", {"password": PASSWORD, "csrf": "no"})
    wrong = RelyingParty(browser, server.url, secret="a-wrong-client-secret")
    await wrong.discover()
    await wrong.token(grant_type="authorization_code", code="a-made-up-code-of-nobody")


async def test_the_log_holds_no_secret(make_server: MakeServer) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a code, token, answer, pattern or password."""
    server = make_server()
    server.configuration.idp["log"] = {"level": "debug", "format": "json"}
    server.tenant.authenticators["totp"]["digits"] = 8
    server.start()
    server.add_user("alice", "staff", pattern=PATTERN)
    server.add_user("bob", "token", password=PASSWORD, token=BOB.token)
    async with Recorder() as browser:
        await use_every_door(server, browser)
    server.reload()
    assert server.stop() == 0
    secrets = browser.secrets | {
        PATTERN, PATTERN.replace(" ", ""), PASSWORD, WRONG, BOB.token.secret, SECRET, "a-wrong-client-secret",
        "a-made-up-code-of-nobody", "v" * 43, (server.folder / "var" / "master.key").read_text().strip(),
    }  # fmt: skip
    assert len(secrets) > 40
    assert [secret for secret in secrets if len(secret) > 5 and secret in server.log] == []
    requests = [event for event in server.events if event.get("event") == "request"]
    assert {"/oidc/token", "/login", "/nowhere"} <= {event["path"] for event in requests}


async def test_every_request_has_one_line_and_an_id_of_its_own(make_server: MakeServer) -> None:
    server = make_server().start()
    async with Browser() as browser:
        for _ in range(5):
            await browser.get(f"{server.url}/")
    server.stop()
    requests = [event for event in server.events if event.get("path") == "/"]
    assert len({event["request_id"] for event in requests}) == 5
    assert all(event["tenant"] == "demo" and event["status"] == 200 for event in requests)
    assert all(event["timestamp"].endswith("+09:00") for event in requests), (
        "Asia/Tokyo unless said otherwise"
    )
