"""oidcc-server-rotate-keys: keys turn while services go on verifying with what they have read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.custody.signing import TOKEN_SECONDS
from tests.browser import Browser
from tests.people import ALICE
from tests.protocols.oidc.prober import header
from tests.relying_party import CALLBACK, RelyingParty, Tokens
from tests.running import Browsers, Database, browsers, database, usual
from tests.server import Server, eventually

pytestmark = pytest.mark.both_stores

__all__ = ["browsers", "database"]

VISITORS = 6
ROTATIONS = 3
DAY = 86400


@pytest.fixture
def turning(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two workers whose keys are turned."""
    one = usual(tmp_path_factory.mktemp("turning"), database())
    one.configuration.idp["workers"] = 2
    one.settable_clock()
    try:
        one.start().add_people()
        yield one
    finally:
        one.stop()


async def silently(party: RelyingParty) -> str:
    """A login in which nothing is asked, with every check made; which key signed it."""
    pending = await party.begin()
    page = await party.http.get(pending.url, party.redirect_uri)
    return signer(await party.redeem(pending, party.code(pending, page)))


def signer(tokens: Tokens) -> str:
    """Which key signed the ID token. Two workers that start at once may each have made one; all take the older."""
    return str(header(tokens.id_token)["kid"])


async def published(browser: Browser, server: Server) -> set[str]:
    page = await browser.request("GET", f"{server.url}/oidc/jwks")
    return {key["kid"] for key in json.loads(page.body)["keys"]}


def keys(server: Server, state: str) -> set[str]:
    shown: list[dict[str, Any]] = json.loads(server.cli("key", "list", "--tenant", "demo", "--json"))
    return {row["kid"] for row in shown if row["state"] == state}


async def test_oidcc_server_rotate_keys__under_load(turning: Server, browsers: Browsers) -> None:
    """Zero failed logins: `next` is published before it signs, and retired keys stay. Each service verifies with
    the keys that it read before the first rotation, and reads them anew only between two.
    """
    parties = [RelyingParty(browsers(), turning.url) for _ in range(VISITORS)]
    await parties[0].login(ALICE)
    for party in parties[1:]:
        party.http.adopt(parties[0].http)
        await party.discover()
    signed: list[set[str]] = []
    for _ in range(ROTATIONS):
        for party in parties:
            await party.discover()
        over, seen = asyncio.Event(), set()

        async def visit(party: RelyingParty, over: asyncio.Event = over, seen: set[str] = seen) -> int:
            count = 0
            while not over.is_set():
                seen.add(await silently(party))  # raises for whatever is not right
                count += 1
            return count

        load = [asyncio.create_task(visit(party)) for party in parties]
        await eventually(lambda seen=seen: seen)
        await asyncio.to_thread(turning.cli, "key", "rotate", "--tenant", "demo", "--force")
        await eventually(lambda seen=seen, load=load: len(seen) > 1 or any(each.done() for each in load))
        over.set()
        counts = await asyncio.gather(*load)
        assert min(counts) >= 1
        signed.append(seen)
    assert all(len(seen) == 2 for seen in signed), "each time the old key signed, and then the announced one"
    assert len(set().union(*signed)) == ROTATIONS + 1
    assert set().union(*signed) <= await published(parties[0].http, turning)


async def test_a_key_is_announced_before_it_signs(turning: Server, browsers: Browsers) -> None:
    browser = browsers()
    announced = keys(turning, "next")
    assert announced <= await published(browser, turning)
    with pytest.raises(AssertionError, match="announced only"):
        turning.cli("key", "rotate", "--tenant", "demo")
    turning.advance(700)
    turning.cli("key", "rotate", "--tenant", "demo")
    signing = keys(turning, "active")
    assert signing and signing <= announced


async def test_a_key_that_is_needed_is_not_forgotten(turning: Server, browsers: Browsers) -> None:
    party = RelyingParty(browsers(), turning.url)
    browser, old = party.http, signer(await party.login(ALICE))
    turning.advance(700)
    turning.cli("key", "rotate", "--tenant", "demo", "--alg", "RS256")
    assert old in keys(turning, "retired")
    with pytest.raises(AssertionError, match="may live"):
        turning.cli("key", "retire", old, "--forget", "--tenant", "demo")
    assert old in await published(browser, turning)


async def test_a_key_that_no_token_needs_goes_by_itself(tmp_path: Path, browsers: Browsers) -> None:
    """A clock that went on while no server ran is doubted for a day, so there are two days without one."""
    server = usual(tmp_path, "")
    server.settable_clock()
    try:
        server.start().add_people()
        party = RelyingParty(browsers(), server.url)
        old = signer(await party.login(ALICE))
        server.cli("key", "rotate", "--tenant", "demo", "--alg", "RS256", "--force")
        for _ in range(2):
            server.stop()
            server.advance(TOKEN_SECONDS + DAY)
            server.start()
            await eventually(
                lambda: "nothing is deleted" in server.cli("health") or old not in keys(server, "retired")
            )
        assert old not in await published(party.http, server)
        deleted = [each["details"] for each in server.audit() if each["event"] == "key.deleted"]
        assert {"kid": old, "reason": "no token needs it any more"} in deleted
    finally:
        server.stop()


async def test_after_a_hint_of_a_forgotten_key_the_user_is_asked(turning: Server, browsers: Browsers) -> None:
    """It cannot be verified any more: nobody is redirected, but he may sign out."""
    party = RelyingParty(browsers(), turning.url)
    tokens = await party.login(ALICE)
    turning.cli("key", "rotate", "--tenant", "demo", "--alg", "RS256", "--force")
    turning.cli("key", "retire", signer(tokens), "--forget", "--force", "--tenant", "demo")
    page = await party.http.request(
        "GET",
        f"{turning.url}/oidc/logout?id_token_hint={tokens.id_token}&post_logout_redirect_uri={CALLBACK}",
    )
    assert page.status == 400 and page.forms
