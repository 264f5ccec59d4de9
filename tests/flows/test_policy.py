"""What a rule does besides asking for proofs, over the wire: a choice of ways, the reason in words, consent, claims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import issue
from tests.people import PATTERN, Person, Token
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers
from tests.server import Server, running

DEVICES = issue("CN=Devices", is_authority=True)
CAROL = Person("carol", pattern=PATTERN, password="correct horse battery")
DORA = Person(
    "dora", pattern=PATTERN, password="correct horse battery", token=Token("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
)
EITHER = {"require": ["matrix", {"any": ["totp", "password"]}]}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Everybody comes from outside the office; one service hands out claims and asks for consent."""
    server = Server(tmp_path_factory.mktemp("strict"))
    tenant = server.tenant
    tenant.settings["networks"] = {"office": ["10.0.0.0/8"]}
    tenant.add_service("wiki", CALLBACK)
    tenant.add_service("mail", CALLBACK)
    tenant.add_service("lab", CALLBACK)
    tenant.settings["device_authorities"] = {"file": "devices.pem"}
    server.configuration.idp |= {
        "trusted_proxies": ["127.0.0.1/32"],
        "client_certificate_header": "Client-Cert",
    }
    server.config.mkdir(parents=True)
    (server.config / "devices.pem").write_bytes(DEVICES.pem)
    tenant.services["mail"]["tags"] = ["outside"]
    claims = {"role": "editor", "clubs": ["go", "chess"]}
    tenant.policies = [
        {"name": "office", "when": {"networks": ["office"]}, "then": {"require": ["matrix"]}},
        {
            "name": "mail",
            "when": {"tags": ["outside"], "groups": ["staff"]},
            "then": {"require": ["matrix"], "consent": "required", "claims": claims},
        },
        {"name": "abroad", "when": {"services": ["wiki"], "groups": ["staff"]}, "then": EITHER},
        {
            "name": "own devices",
            "when": {"services": ["lab"], "device": {"certificate": True}},
            "then": {"require": ["matrix"]},
        },
        {"name": "portal", "when": {"services": ["portal"]}, "then": {"require": ["matrix"]}},
        {
            "name": "account of staff",
            "when": {"services": ["account"], "groups": ["staff"]},
            "then": {"require": ["password"]},
        },
        {
            "name": "account of others",
            "when": {"services": ["account"]},
            "then": {"deny": {"en": "Ask the desk to change it."}},
        },
    ]
    secret = {"secret": DORA.token.secret if DORA.token else ""}
    password = {"password": DORA.password or ""}
    tenant.add_demo_user("dora", "staff", matrix={"pattern": PATTERN}, password=password, totp=secret)
    tenant.add_demo_user("carol", matrix={"pattern": PATTERN}, password=password)
    yield from running(server)


@pytest.fixture
async def party(strict: Server, browsers: Browsers) -> RelyingParty:
    return RelyingParty(browsers(), strict.url)


async def test_more_is_asked_in_words_and_may_be_given_another_way(
    party: RelyingParty, strict: Server
) -> None:
    """And nothing of it stands on the pages before the first proof."""
    browser, pending = party.http, await party.begin()
    page = await browser.answer(await browser.get(pending.url), "dora")
    assert "another proof" not in page.text and "office" not in page.text.lower()
    page = await browser.answer(page, DORA.reply(page))
    assert "Service wiki needs another proof from outside the company network." in page.text
    (other,) = (link for link in page.links if "other=password" in link)
    assert "Choose another way: Password" in page.text
    japanese = await browser.get(f"{strict.url}{urlsplit(other).path}?{urlsplit(other).query}&ui_locales=ja")
    assert "社内ネットワークの外からは、サービス wikiを使うのに、さらに確認が必要です。" in japanese.text
    assert japanese.asked == "password"
    page = await browser.answer(japanese, DORA.password or "", CALLBACK)
    tokens = await party.redeem(pending, party.code(pending, page))
    assert set(tokens.claims["amr"]) == {"kba", "pwd"}
    (accepted,) = (each for each in strict.audit() if each["event"] == "login.accepted")
    details = accepted["details"]
    assert (details["rule"], details["why"]) == ("abroad", "services wiki; groups staff")
    assert details["attempt"]["ip"] == "127.0.0.1"


async def test_a_denial_says_what_would_be_possible_elsewhere(browsers: Browsers, strict: Server) -> None:
    party = RelyingParty(browsers(), strict.url)
    page = await party.http.login((await party.begin()).url, CAROL, CALLBACK)
    assert page.status == 403
    assert "It cannot be used from outside the company network." in page.text


async def test_the_account_pages_are_decided_by_rules_that_name_them(
    browsers: Browsers, strict: Server
) -> None:
    """Who may enter the portal by one proof is asked for another there, or kept out."""
    dora, carol = browsers(), browsers()
    for browser, who in ((dora, DORA), (carol, CAROL)):
        tiles = await browser.login(f"{strict.url}/", who, "\0")
        assert tiles.status == 200 and not tiles.asked
    page = await dora.get(f"{strict.url}/account")
    assert page.asked == "password"
    page = await dora.answer(page, DORA.password or "")
    assert (page.status, page.url) == (200, f"{strict.url}/account")
    (accepted,) = (each for each in strict.audit() if each["details"].get("rule") == "account of staff")
    assert (accepted["service"], accepted["details"]["attempt"]["door"]) == ("account", "portal")
    page = await carol.get(f"{strict.url}/account")
    assert page.status == 403 and "Ask the desk to change it." in page.text


async def test_a_rule_adds_claims_and_has_the_user_asked_for_consent(
    browsers: Browsers, strict: Server
) -> None:
    mail = RelyingParty(browsers(), strict.url, client_id="mail")
    pending = await mail.begin()
    asked = await mail.http.login(pending.url, DORA, CALLBACK)
    assert urlsplit(asked.url).path == "/oidc/consent"
    form = next(form for form in asked.forms if "pending" in form.fields)
    given = await mail.http.submit(asked, {"decision": "allow"}, CALLBACK, form)
    tokens = await mail.redeem(pending, mail.code(pending, given))
    userinfo = json.loads((await mail.userinfo(tokens.access_token)).body)
    for told in (tokens.claims, userinfo):
        assert (told["role"], told["clubs"]) == ("editor", ["go", "chess"])


async def test_a_device_shows_a_certificate_of_the_tenants_own_authority(
    browsers: Browsers, strict: Server
) -> None:
    """Without one, or with one that somebody else issued, nobody gets in: so says the page at once."""
    lab = RelyingParty(browsers(), strict.url, client_id="lab")
    shown = {
        "own": issue("CN=laptop", DEVICES),
        "other": issue("CN=laptop", issue("CN=Others", is_authority=True)),
        "server": issue("CN=printer", DEVICES, usages=[ExtendedKeyUsageOID.SERVER_AUTH]),
    }
    for device, asked in ((None, ""), ("other", ""), ("server", ""), ("own", "answer")):
        headers = {"Client-Cert": shown[device].header} if device else {}
        page = await lab.http.get((await lab.begin()).url, headers=headers)
        form = {**page.form.fields, "username": "dora"}
        page = await lab.http.request("POST", f"{strict.url}/login", form, headers=headers)
        assert page.status == (200 if asked else 403), device
        assert not asked or page.asked == asked
