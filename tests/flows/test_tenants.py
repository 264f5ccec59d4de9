"""Several customers on one server: by host and by path, and nothing of one for another."""

import json
from collections.abc import Iterator

import pytest

from tests.configuration import TenantFolder
from tests.people import ALICE, NOBODY, PATTERN, Person, answer
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers, Database, usual
from tests.server import Server, running

pytestmark = pytest.mark.both_stores

OTHERS = "A4 C1 F3 H2 J4 L1"
EVE = Person("eve", pattern=OTHERS)


@pytest.fixture(scope="module")
def shared(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """demo, a tenant with a host of its own, and one below a path. Each has an alice, not the same one."""
    server = usual(tmp_path_factory.mktemp("tenants"), database())
    for tenant in (
        TenantFolder("hosted", f"http://hosted.localhost:{server.port}"),
        TenantFolder("acme", f"{server.url}/acme"),
    ):
        tenant.add_service("wiki", CALLBACK, secret=f"secret of {tenant.name}, long enough for anybody")
        server.configuration.tenants.append(tenant)
    for one in running(server):
        one.add_user("alice", "staff", pattern=PATTERN)
        for tenant in server.configuration.tenants[1:]:
            one.add_user("alice", "staff", pattern=OTHERS, tenant=tenant.name)
            one.add_user("eve", "staff", pattern=OTHERS, tenant=tenant.name)
        yield one


def parties(server: Server, *browser: object) -> list[RelyingParty]:
    return [
        RelyingParty(browser[0], tenant.base_url, secret=tenant.secrets["wiki"])
        for tenant in server.configuration.tenants
    ]


async def test_each_tenant_has_its_own_issuer_users_keys_and_subjects(
    shared: Server, browsers: Browsers
) -> None:
    people = [ALICE, Person("alice", pattern=OTHERS), Person("alice", pattern=OTHERS)]
    tokens, kids = [], set()
    for party, person in zip(parties(shared, browsers()), people, strict=True):
        tokens.append(await party.login(person))
        keys = json.loads((await party.http.request("GET", party.metadata["jwks_uri"])).body)["keys"]
        assert not kids & {key["kid"] for key in keys}
        kids |= {key["kid"] for key in keys}
        assert all(value.startswith(party.issuer) for name, value in party.metadata.items()
                   if name.endswith(("_endpoint", "_uri")))  # fmt: skip
    assert len({one.claims["sub"] for one in tokens}) == 3
    assert len({one.claims["iss"] for one in tokens}) == 3


async def test_alice_of_one_tenant_is_nobody_in_another(shared: Server, browsers: Browsers) -> None:
    """Same name, another pattern: a right answer there is a wrong one here."""
    for tenant in shared.configuration.tenants[1:]:
        browser = browsers()
        asked = await browser.answer(await browser.get(f"{tenant.base_url}/"), "alice")
        assert asked.table
        assert (await browser.answer(asked, answer(PATTERN, asked.table))).asked == "answer"
        assert browser.cookie("session") is None
    browser = browsers()
    asked = await browser.answer(await browser.get(f"{shared.url}/"), "eve")
    tried = answer(OTHERS, asked.table) if asked.table else "wrong horse battery"  # as some user is asked
    assert (await browser.answer(asked, tried)).asked == asked.asked


async def test_a_session_of_one_tenant_opens_no_other(shared: Server, browsers: Browsers) -> None:
    """The cookie is named for its tenant; even renamed it is worth nothing."""
    browser = browsers()
    await browser.login(f"{shared.url}/", ALICE, "\0")
    session = browser.cookies["localhost", "/", "demo-session"]
    for name, host in (("acme", "localhost"), ("hosted", "hosted.localhost")):
        browser.cookies[host, "/", f"{name}-session"] = session
        browser.cookies[host, "/", f"{name}-browser"] = browser.cookies["localhost", "/", "demo-browser"]
    for tenant in shared.configuration.tenants[1:]:
        assert (await browser.get(f"{tenant.base_url}/")).asked == "username", tenant.name


async def test_a_token_of_one_tenant_is_worth_nothing_at_another(shared: Server, browsers: Browsers) -> None:
    demo, hosted, acme = parties(shared, browsers())
    tokens = await demo.login(ALICE)
    assert (await demo.userinfo(tokens.access_token)).status == 200
    for other in (hosted, acme):
        await other.discover()
        assert (await other.userinfo(tokens.access_token)).status == 401


async def test_a_code_or_a_client_of_one_tenant_is_worth_nothing_at_another(
    shared: Server, browsers: Browsers
) -> None:
    demo, hosted, acme = parties(shared, browsers())
    pending = await demo.begin()
    code = demo.code(pending, await demo.http.login(pending.url, ALICE, CALLBACK))
    for other in (hosted, acme):
        await other.discover()
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        assert (await other.token(**given, code_verifier=pending.verifier)).status == 400
        other.secret = demo.secret
        assert (await other.token(**given, code_verifier=pending.verifier)).status == 401
    assert (await demo.redeem(pending, code)).claims["sub"]


async def test_an_interaction_of_one_tenant_is_not_found_at_another(
    shared: Server, browsers: Browsers
) -> None:
    browser = browsers()
    asked = await browser.answer(await browser.get(f"{shared.url}/"), "alice")
    acme = await browser.get(f"{shared.url}/acme/")
    typed = {**asked.form.fields, "answer": ALICE.reply(asked)}
    assert (await browser.request("POST", f"{shared.url}/acme/login", typed)).status == 400
    assert acme.asked == "username"
    assert (await browser.login(asked, ALICE, "\0")).status == 200


async def test_a_base_url_with_a_path_is_found_as_people_type_it(shared: Server, browsers: Browsers) -> None:
    """It stands in the configuration without a slash at its end, and so it is handed on."""
    browser = browsers()
    assert (await browser.get(f"{shared.url}/acme")).asked == "username"
    assert (await browser.get(f"{shared.url}/acmes")).status == 404
    assert (await browser.get(shared.url)).asked == "username"
    for path in ("/account/", "/acme/account/", "/acme/console/"):
        assert (await browser.get(f"{shared.url}{path}")).asked == "username", path


async def test_a_lock_in_one_tenant_locks_nobody_in_another(shared: Server, browsers: Browsers) -> None:
    browser = browsers()
    page = await browser.answer(await browser.get(f"{shared.url}/acme/"), NOBODY.name)
    for _ in range(5):
        page = await browser.answer(page, "000000")
    assert page.status == 429
    page = await browser.answer(await browser.get(f"{shared.url}/"), NOBODY.name)
    assert (await browser.answer(page, "000000")).status == 200


async def test_links_and_issuers_come_only_from_configuration(shared: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 23: Links and issuers only from configuration, never from Host."""
    browser = browsers()
    path = "/.well-known/openid-configuration"
    for host in (
        "evil.example",
        "localhost",
        f"localhost:{shared.port}.evil.example",
        f"evil@localhost:{shared.port}",
    ):
        answered = await browser.request("GET", f"{shared.url}{path}", headers={"Host": host})
        assert answered.status in (400, 421), host
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example;proto=https",
    }
    for address in (path, "/", "/logout", "/nowhere"):
        answered = await browser.request("GET", f"{shared.url}{address}", headers=claims)
        for said in (answered.text, str(answered.headers)):
            assert "evil." not in said and "/evil" not in said
    assert json.loads((await browser.request("GET", f"{shared.url}{path}", headers=claims)).body)[
        "issuer"
    ] == shared.url  # fmt: skip
