"""Who may register a client, and what may be done with one afterwards (RFC 7591, RFC 7592)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.people import ALICE
from tests.protocols.oidc.prober import claims
from tests.protocols.oidc.registrar import CALLBACK, Registrar, changeable
from tests.protocols.oidc.signing import RSA, public
from tests.server import Server

pytestmark = pytest.mark.both_stores


def add_token(server: Server, *options: str, tenant: str = "joining") -> str:
    return server.cli("client", "token", "add", "--tenant", tenant, *options).strip()


def told_by_cli(server: Server, *words: str) -> Any:
    return json.loads(server.cli("client", *words, "--tenant", "joining", "--json"))


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Bearer \N{SNOWMAN}", "Bearer x" * 400])
async def test_a_wrong_initial_token_registers_nothing(registrar: Registrar, authorization: str) -> None:
    """RFC 6750 §3.1: invalid_token, and nothing of why."""
    answer = await registrar.send("POST", "/oidc/register", "{", None, Authorization=authorization)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.text == ""


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic d2lraTp4"}])
async def test_without_a_token_one_is_asked_for(registrar: Registrar, headers: dict[str, str]) -> None:
    answer = await registrar.send("POST", "/oidc/register", {"redirect_uris": [CALLBACK]}, None, **headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="{registrar.issuer}"'


async def test_a_token_made_for_another_purpose_registers_nothing(registrar: Registrar) -> None:
    """THREAT_MODEL.md 13: access token, registration access token, another tenant's initial token."""
    told = await registrar.registered(grant_types=["authorization_code", "refresh_token"])
    given = await registrar.tokens(told, ALICE)
    for token in (given["access_token"], given["refresh_token"], told["registration_access_token"]):
        assert (await Registrar(registrar.prober, token).register()).status == 401
    assert (await registrar.manage("GET", told, token=registrar.token or "")).status == 401
    assert (await registrar.manage("GET", told, token=given["access_token"])).status == 401
    assert (await registrar.client(told).userinfo(told["registration_access_token"])).status == 401
    assert (await registrar.client(told).userinfo(registrar.token or "")).status == 401


async def test_an_initial_token_of_another_tenant_registers_nothing(
    open_registrar: Registrar, initial_token: str
) -> None:
    """A wrong token is wrong, also where none is needed."""
    assert (await Registrar(open_registrar.prober, initial_token).register()).status == 401


async def test_of_50_parallel_uses_of_a_token_for_one_client_one_succeeds(
    registrar: Registrar, server: Server
) -> None:
    """THREAT_MODEL.md 15, over two processes."""
    before = {each["client_id"] for each in told_by_cli(server, "list")}
    one = Registrar(registrar.prober, add_token(server))
    answers = await asyncio.gather(*(one.register() for _ in range(50)))
    assert sorted(answer.status for answer in answers) == [201] + [401] * 49
    (fresh,) = {each["client_id"] for each in told_by_cli(server, "list")} - before
    assert fresh == next(answer for answer in answers if answer.status == 201).json["client_id"]


@pytest.mark.parametrize("depth", [300, 900])
async def test_metadata_that_nobody_could_keep_are_refused(open_registrar: Registrar, depth: int) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded depth. No 5xx: what can be read is deeper than what can be written."""
    nested: Any = 1
    for _ in range(depth):
        nested = [nested]
    keys = {"keys": [public(RSA)["keys"][0] | {"x": nested}]}
    answer = await open_registrar.register(jwks=keys, token_endpoint_auth_method="private_key_jwt")
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


async def test_what_is_refused_spends_no_use(registrar: Registrar, server: Server) -> None:
    one = Registrar(registrar.prober, add_token(server))
    assert (await one.register(redirect_uris=["x"])).error == "invalid_redirect_uri"
    assert (await one.register()).status == 201
    assert (await one.register()).status == 401
    last, first = [each for each in server.audit("joining") if each["event"] == "client.refused"][:2]
    assert last["service"] == first["service"] == "registered"
    assert (last["details"]["error"], first["details"]["error"]) == ("invalid_token", "invalid_redirect_uri")


async def test_a_token_ends_by_time_and_by_command(registrar: Registrar, server: Server) -> None:
    token = add_token(server, "--uses", "2", "--note", "until noon")
    (listed,) = [each for each in told_by_cli(server, "token", "list") if each["note"] == "until noon"]
    assert listed["uses_left"] == 2
    assert token not in json.dumps(listed)
    assert (await Registrar(registrar.prober, token).register()).status == 201
    server.cli("client", "token", "delete", listed["id"], "--tenant", "joining")
    assert (await Registrar(registrar.prober, token).register()).status == 401
    server.cli("client", "token", "delete", listed["id"], "--tenant", "joining", status=1)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"redirect_uris": ["' + b"x" * 20_000 + b'"]}', "application/json"),
        (b"[" * 10_000, "application/json"),
        (b'{"client_name": "\\ud800"}', "application/json"),
        (b"\xff", "application/json"),
        (b'{"redirect_uris": ["https://rp.example.com/cb"]}', "text/plain"),
        (b"redirect_uris=x", "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_request_is_told_so(registrar: Registrar, body: bytes, content_type: str) -> None:
    """THREAT_MODEL.md 32: bounded in length and depth, no 5xx."""
    headers = {"Content-Type": content_type}
    answer = await registrar.send("POST", "/oidc/register", body, registrar.token, **headers)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_secret_is_shown_once_and_the_token_stays_until_a_change(registrar: Registrar) -> None:
    """RFC 7592 §2.1, §3: only hashes are kept, so the token is the one that was sent."""
    told = await registrar.registered(client_name="Once")
    read = (await registrar.manage("GET", told)).json
    assert "client_secret" not in read
    assert read == {name: told[name] for name in told if not name.startswith("client_secret")}


async def test_no_client_moves_into_the_sector_of_another(registrar: Registrar) -> None:
    """OpenID Connect Core §8.1: with tokens from before it would learn what that sector calls its users."""
    victim = "https://victim.example.com/cb"
    for before in ({"subject_type": "pairwise"}, {"subject_type": "public"}):
        told = await registrar.registered(
            **before, grant_types=["authorization_code", "refresh_token"], scope="openid offline_access"
        )
        given = await registrar.tokens(told, ALICE)
        moved = {**changeable(told), "redirect_uris": [victim]}
        answer = await registrar.manage("PUT", told, moved)
        if answer.status == 200:  # in two steps
            told |= answer.json
        answer = await registrar.manage("PUT", told, {**moved, "subject_type": "pairwise"})
        assert (answer.status, answer.error) == (400, "invalid_client_metadata"), answer.text
        stayed = claims((await registrar.client(told).refresh(given["refresh_token"])).json["id_token"])
        assert stayed["sub"] == claims(given["id_token"])["sub"]


async def test_an_update_replaces_everything_and_gives_a_new_token(registrar: Registrar) -> None:
    """RFC 7592 §2.2: what is left out is gone. The secret stays until the client needs none."""
    told = await registrar.registered(client_name="Before", policy_uri="https://rp.example.com/p")
    fresh = f"{CALLBACK}/fresh"
    answer = await registrar.manage(
        "PUT", told, {**changeable(told), "redirect_uris": [fresh], "policy_uri": None}
    )
    assert answer.status == 200, answer.text
    changed = answer.json
    assert changed["redirect_uris"] == [fresh]
    assert "policy_uri" not in changed
    assert "client_secret" not in changed
    assert changed["registration_access_token"] != told["registration_access_token"]
    for method in ("GET", "PUT", "DELETE"):
        assert (await registrar.manage(method, told, changeable(told))).status == 401, "the old token is dead"
    client = registrar.client({**told, "redirect_uris": [fresh]})
    assert (await client.authorize(redirect_uri=CALLBACK)).status == 400
    assert await registrar.tokens({**changed, "client_secret": told["client_secret"]}, ALICE)


async def test_a_client_that_becomes_public_loses_its_secret_and_gets_another_later(
    registrar: Registrar,
) -> None:
    told = await registrar.registered()
    body = {"client_id": told["client_id"], "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    public = (await registrar.manage("PUT", told, body)).json
    assert "client_secret" not in public
    assert await registrar.tokens(public, ALICE)
    back = {**body, "token_endpoint_auth_method": "client_secret_post"}
    again = (await registrar.manage("PUT", public, back)).json
    assert again["client_secret"] != told["client_secret"]
    assert await registrar.tokens(again, ALICE)
    refused = await registrar.client({**again, "client_secret": told["client_secret"]}).redeem("x")
    assert refused.error == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "wiki"},
        {"client_id": None},
        {"client_secret": "mine"},
        {"client_secret": 7},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 1},
        {"registration_access_token": "mine"},
        {"registration_client_uri": "https://rp.example.com"},
        {"redirect_uris": None},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"grant_types": ["implicit"]},
    ],
)
async def test_an_update_that_is_refused_changes_nothing(
    registrar: Registrar, changed: dict[str, Any]
) -> None:
    """RFC 7592 §2.2: a client must not choose its own id, secret or token."""
    told = await registrar.registered()
    answer = await registrar.manage("PUT", told, {**changeable(told), **changed})
    assert answer.status == 400, answer.text
    assert answer.error == (
        "invalid_redirect_uri" if "redirect_uris" in changed else "invalid_client_metadata"
    )
    assert (await registrar.manage("GET", told)).status == 200


async def test_of_many_updates_at_once_one_wins(registrar: Registrar) -> None:
    told = await registrar.registered()
    bodies = [{**changeable(told), "client_name": f"number {number}"} for number in range(20)]
    answers = await asyncio.gather(*(registrar.manage("PUT", told, body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 19
    won = next(answer for answer in answers if answer.status == 200).json
    assert (await registrar.manage("GET", won)).json["client_name"] == won["client_name"]


async def test_a_deleted_client_is_gone_with_all_that_it_holds(registrar: Registrar, server: Server) -> None:
    """RFC 7592 §2.3; at once, in every process."""
    told = await registrar.registered(grant_types=["authorization_code", "refresh_token"])
    given, client = await registrar.tokens(told, ALICE), registrar.client(told)
    assert (await registrar.manage("DELETE", told)).status == 204
    for _ in range(6):
        assert (await registrar.manage("GET", told)).status == 401
        assert (await client.userinfo(given["access_token"])).status == 401
        assert (await client.refresh(given["refresh_token"])).error == "invalid_client"
        assert (await client.authorize()).status == 400
    events = [
        each["event"]
        for each in server.audit("joining")
        if each["details"].get("client") == told["client_id"]
    ]
    assert {"client.registered", "grant.given", "client.deleted"} <= set(events)


async def test_a_token_of_one_client_opens_no_other(registrar: Registrar) -> None:
    mine, other = await registrar.registered(), await registrar.registered()
    for method in ("GET", "PUT", "DELETE"):
        answer = await registrar.manage(method, other, changeable(other), mine["registration_access_token"])
        assert answer.status == 401
    nowhere = {"registration_client_uri": f"{registrar.issuer}/oidc/register/nobody"}
    assert (await registrar.manage("GET", nowhere, None, mine["registration_access_token"])).status == 401


async def test_an_administrator_lists_shows_and_deletes(registrar: Registrar, server: Server) -> None:
    told = await registrar.registered(client_name="Ledger")
    (listed,) = [each for each in told_by_cli(server, "list") if each["client_id"] == told["client_id"]]
    assert (listed["name"], listed["redirect_uris"]) == ("Ledger", [CALLBACK])
    shown = server.cli("client", "show", told["client_id"], "--tenant", "joining")
    assert "Ledger" in shown
    for secret in (told["client_secret"], told["registration_access_token"], registrar.token or ""):
        assert secret not in shown + server.log
    server.cli("client", "delete", told["client_id"], "--tenant", "joining", "--yes")
    assert (await registrar.manage("GET", told)).status == 401
    server.cli("client", "show", told["client_id"], "--tenant", "joining", status=1)
    server.cli("client", "delete", told["client_id"], "--tenant", "joining", "--yes", status=1)


async def test_a_rule_decides_about_registered_clients_by_the_name_of_their_service(
    registrar: Registrar, server: Server
) -> None:
    """The tenant has one rule, for the service `registered`: with it one gets in, and the log names both."""
    told = await registrar.registered()
    await registrar.tokens(told, ALICE)
    log = server.audit("joining")
    given = next(
        each
        for each in log
        if each["event"] == "grant.given" and each["details"]["client"] == told["client_id"]
    )
    assert given["service"] == "registered"
    accepted = next(each for each in log if each["event"] == "login.accepted")
    assert (accepted["service"], accepted["details"]["rule"]) == ("registered", "registered")


async def test_clients_are_of_their_tenant_alone(registrar: Registrar, open_registrar: Registrar) -> None:
    told = await registrar.registered()
    elsewhere = open_registrar.client(told)
    assert (await elsewhere.authorize()).status == 400
    assert (await elsewhere.redeem("x")).error == "invalid_client"


async def test_anybody_registers_where_no_token_is_needed_until_there_are_enough(
    open_registrar: Registrar, server: Server
) -> None:
    """At most as many as the tenant says, 100 by default; those of other tests are among them."""
    answers = [await open_registrar.register() for _ in range(101)]
    assert answers[0].status == 201
    assert answers[-1].status == 403
    assert answers[-1].error == "access_denied"
    registered = json.loads(server.cli("client", "list", "--tenant", "open", "--json"))
    assert len(registered) == 100
    for answer in answers:
        if answer.status == 201:
            assert (await open_registrar.manage("DELETE", answer.json)).status == 204
    assert (await open_registrar.register()).status == 201
