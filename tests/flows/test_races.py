"""What is used once is used once, over the wire, by two processes of the server on each database."""

import asyncio
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import aiohttp
import pyotp
import pytest

from idp.credentials.releasing import statement
from keys import base64url
from keys.algorithm import ES256
from keys.jwk import thumbprint
from tests.browser import Browser
from tests.page import Page
from tests.people import PATTERN, Person, Token, answer
from tests.running import Browsers, Database, MakeServer, usual
from tests.server import Server, running

pytestmark = pytest.mark.both_stores

PARALLEL = 50
REX, PAM = Token(), Token()


def two_processes(make_server: MakeServer, require: list[str]) -> Server:
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.tenant.policies = [{"name": "all", "then": {"require": require}}]
    # Only the race decides: no attempt is turned away for its number.
    server.tenant.settings["lockout"] = {"failures": 100, "seconds": 600}
    return server.start()


async def post(browser: Browser, page: Page, text: str) -> Page:
    """The answer in a request of its own, whose redirect is not followed."""
    form = page.form
    return await browser.request("POST", urljoin(page.url, form.action), {**form.fields, page.asked: text})


async def test_of_fifty_uses_of_one_matrix_one_succeeds(make_server: MakeServer, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one matrix exactly one succeeds."""
    server = two_processes(make_server, ["matrix"])
    server.add_user("alice", "staff", pattern=PATTERN)
    browser = browsers()
    page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert page.table
    right = answer(PATTERN, page.table)
    answers = await asyncio.gather(*(post(browser, page, right) for _ in range(PARALLEL)))
    assert sum(one.status == 303 for one in answers) == 1
    assert [record["event"] for record in server.audit()].count("login.accepted") == 1


async def test_of_fifty_uses_of_one_totp_step_one_succeeds(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one TOTP step exactly one succeeds, each in a login of its own."""
    server = two_processes(make_server, ["totp"])
    token = Token()
    server.add_user("bob", "staff", token=token)

    async def ask() -> tuple[Browser, Page]:
        browser = browsers()
        return browser, await browser.answer(await browser.get(f"{server.url}/"), "bob")

    questions = [await ask() for _ in range(PARALLEL)]
    code = token.code()
    answers = await asyncio.gather(*(post(browser, page, code) for browser, page in questions))
    assert sum(one.status == 303 for one in answers) == 1
    assert [record["event"] for record in server.audit()].count("login.accepted") == 1


@pytest.fixture(scope="module")
def holders(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where logins can be protected and devices get lost: rex has a token, pam a pattern and a token."""
    server = usual(tmp_path_factory.mktemp("holders"), database())
    server.configuration.idp["workers"] = 2
    server.tenant.authenticators["recovery"] = {"instead_of": ["totp"]}
    server.tenant.settings |= {"protect": {"use": "optional"}, "lockout": {"failures": 100, "seconds": 600}}
    server.tenant.policies[1:1] = [
        {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["totp"]}}
    ]
    server.tenant.add_demo_user("rex", "codes", totp={"secret": REX.secret})
    server.tenant.add_demo_user("pam", "staff", matrix={"pattern": PATTERN}, totp={"secret": PAM.secret})
    yield from running(server)


async def test_of_fifty_uses_of_one_recovery_code_one_succeeds(holders: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one recovery code exactly one succeeds, each in a login of its own."""
    owner = browsers()
    page = await owner.login(f"{holders.url}/account/recovery-codes", Person("rex", token=REX), "\0")
    form = next(form for form in page.forms if "csrf" in form.fields)
    code, *_ = re.findall(r"<code[^>]*>([^<]+)</code>", (await owner.submit(page, {}, form=form)).text)

    async def ask() -> tuple[Browser, Page]:
        browser = browsers()
        asked = await browser.answer(await browser.get(f"{holders.url}/"), "rex")
        (other,) = [link for link in asked.links if "other=1" in link]
        return browser, await browser.get(urljoin(asked.url, other))

    questions = [await ask() for _ in range(PARALLEL)]
    answers = await asyncio.gather(*(post(browser, page, code) for browser, page in questions))
    assert sum(one.status == 303 for one in answers) == 1
    assert [record["event"] for record in holders.audit()].count("recovery.used") == 1


async def test_of_fifty_uses_of_one_release_one_succeeds(holders: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one login-protect release exactly one succeeds."""

    async def ask() -> tuple[Browser, Page]:
        browser = browsers()
        return browser, await browser.answer(await browser.get(f"{holders.url}/"), "pam")

    questions = [await ask() for _ in range(PARALLEL)]
    await release(holders.url, "pam", PAM)
    answers = await asyncio.gather(
        *(post(browser, page, answer(PATTERN, page.table or [])) for browser, page in questions)
    )
    assert sum(one.status == 303 for one in answers) == 1
    accepted = [each for each in holders.audit() if each["event"] == "login.accepted"]
    assert sum(each["details"].get("username") == "pam" for each in accepted) <= 1


async def release(issuer: str, name: str, token: Token) -> None:
    """What the app of that token does: register its key, and let one login in."""
    curve = ES256()
    key = curve.generate()
    members = curve.members(key.public_key())
    key_id = thumbprint(members)
    secret = pyotp.TOTP(token.secret).byte_secret()
    mac = hmac.digest(secret, statement("register", issuer, name, key_id), "sha256")
    async with aiohttp.ClientSession() as http:

        async def call(path: str, **said: Any) -> dict[str, Any]:
            async with http.post(f"{issuer}/token/{path}", json=said) as answered:
                assert answered.status == 200, await answered.text()
                given: dict[str, Any] = json.loads(await answered.text())
                return given

        user = (await call("key", username=name, x=members["x"], y=members["y"], mac=_text(mac)))["user"]
        asked = await call("challenge", key=key_id)
        said = statement("release", issuer, key_id, user, asked["challenge"], asked["until"])
        signature = _text(curve.sign(key, said))
        await call("release", key=key_id, **asked, signature=signature)


def _text(data: bytes) -> str:
    return base64url.encode(data).decode()


async def test_a_stranger_who_keeps_asking_for_a_login_does_not_end_it(
    make_server: MakeServer, browsers: Browsers
) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another, nor be ended by it."""
    server = two_processes(make_server, ["matrix"])
    server.add_user("alice", "staff", pattern=PATTERN)
    stranger = browsers()
    for _ in range(20):
        browser = browsers()
        page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
        assert page.table
        link = f"{server.url}/login?interaction={page.form.fields['interaction']}"
        asking = [asyncio.create_task(stranger.request("GET", link)) for _ in range(12)]
        assert (await post(browser, page, answer(PATTERN, page.table))).status == 303
        assert {page.status for page in await asyncio.gather(*asking)} == {400}
