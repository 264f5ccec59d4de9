"""How the keys that clients publish are kept: not for long, and fetched anew not too often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from idp.authenticators import Busy
from idp.outside import HELD
from idp.tenant import Service
from idp.web import outbound
from idp.web.outbound import Outbound
from protocols.oidc import clients, granting
from protocols.oidc.client_keys import FRESH_SECONDS, LONGEST_SECONDS, PAUSE_SECONDS, WAITING, ClientKeys
from protocols.oidc.clients import Client, KeyMissing
from protocols.oidc.errors import AuthorizationError
from protocols.oidc.settings import ServiceSettings, TenantSettings
from tests.protocols.oidc import signing
from tests.server import eventually

NOW = 1_800_000_000


@dataclass
class Publisher:
    """A client's web server."""

    body: Any = field(default_factory=lambda: signing.public(signing.EC))
    status: int = 200
    asked: int = 0
    hangs: bool = False
    port: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Whoever hangs is answered, by an error."""
        self._released.set()

    async def show(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.hangs:
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    await self._released.wait()
            return web.Response(status=503)
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return web.Response(status=self.status, text=text, headers={"Location": f"{request.url}again"})

    def client(self, name: str = "wiki", **settings: Any) -> Client:
        given = {
            "client_id": name,
            "redirect_uris": ["https://wiki.example.com/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": f"http://localhost:{self.port}/{name}",
        }
        return clients.new(
            Service(name, {}, {}), ServiceSettings.model_validate(given | settings), TenantSettings()
        )


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher()
    app = web.Application()
    app.router.add_get("/{path:.*}", one.show)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.port = runner.addresses[0][1]
    yield one
    await runner.cleanup()


@pytest.fixture
def keys() -> ClientKeys:
    return ClientKeys(Outbound(("localhost",)))


def signed(kid: str | None) -> str:
    key = signing.EC if kid == signing.EC.kid else signing.STRANGER
    return signing.sign({}, key, **({"kid": kid} if kid else {}))


async def test_they_are_fetched_once_for_many_requests(publisher: Publisher, keys: ClientKeys) -> None:
    client = publisher.client()
    found = await asyncio.gather(*(keys.equip(client, NOW, signed(signing.EC.kid)) for _ in range(20)))
    assert all(each.keys is not None and signing.EC.kid in each.keys.kids for each in found)
    assert publisher.asked == 1
    await keys.equip(client, NOW + FRESH_SECONDS - 1)
    assert publisher.asked == 1
    await keys.equip(client, NOW + FRESH_SECONDS)
    assert publisher.asked == 2


async def test_an_unknown_kid_makes_us_ask_once_a_minute(publisher: Publisher, keys: ClientKeys) -> None:
    client = publisher.client()
    await keys.equip(client, NOW)
    publisher.body = signing.public(signing.EC, signing.STRANGER)
    for kid in ("a", "b", signing.STRANGER.kid):
        await keys.equip(client, NOW + PAUSE_SECONDS - 1, signed(kid))
    assert publisher.asked == 1
    found = await keys.equip(client, NOW + PAUSE_SECONDS, signed(signing.STRANGER.kid))
    assert publisher.asked == 2
    assert found.keys is not None and signing.STRANGER.kid in found.keys.kids
    for kid in ("a", "b", "c"):
        await keys.equip(client, NOW + PAUSE_SECONDS + 1, signed(kid))
    await keys.equip(client, NOW + 5 * PAUSE_SECONDS, signed(signing.EC.kid))
    await keys.equip(client, NOW + 5 * PAUSE_SECONDS, "x" * 100_000)
    assert publisher.asked == 2


async def test_what_was_known_serves_for_an_hour_while_nobody_answers(
    publisher: Publisher, keys: ClientKeys
) -> None:
    client = publisher.client()
    await keys.equip(client, NOW)
    publisher.status = 500
    assert (await keys.equip(client, NOW + LONGEST_SECONDS - 1)).keys is not None
    assert (await keys.equip(client, NOW + LONGEST_SECONDS)).keys is None
    assert publisher.asked == 2, "a minute has not passed"
    publisher.status = 200
    assert (await keys.equip(client, NOW + LONGEST_SECONDS + PAUSE_SECONDS)).keys is not None


async def test_a_stranger_cannot_make_those_wait_whose_keys_are_known(
    publisher: Publisher, keys: ClientKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that nobody has is asked for at an address that is silent, by so many that no more may wait."""
    monkeypatch.setattr(outbound, "SECONDS", 60.0)
    client, now = publisher.client(), NOW + PAUSE_SECONDS
    await keys.equip(client, NOW)
    publisher.hangs = True
    strangers = [asyncio.create_task(keys.equip(client, now, signed("nobody's"))) for _ in range(WAITING)]
    await eventually(lambda: publisher.asked == 2)
    found = await keys.equip(client, now, signed(signing.EC.kid))
    assert found.keys is not None and signing.EC.kid in found.keys.kids
    assert not any(each.done() for each in strangers), "these wait for an answer, and share it"
    publisher.release()
    await asyncio.gather(*strangers)
    assert publisher.asked == 2


async def test_one_that_hangs_keeps_no_other_client_waiting(publisher: Publisher, keys: ClientKeys) -> None:
    publisher.hangs = True
    hanging = asyncio.create_task(keys.equip(publisher.client("slow"), NOW))
    await eventually(lambda: publisher.asked)
    publisher.hangs = False
    assert (await keys.equip(publisher.client("quick"), NOW)).keys is not None
    assert not hanging.done()
    assert (await hanging).keys is None
    asked = publisher.asked
    assert (await keys.equip(publisher.client("slow"), NOW + 1)).keys is None
    assert publisher.asked == asked, "nor itself, once it is known"


class Seats:
    """`idp.outside.Place`: how many of those who were let in keep their places."""

    def __init__(self) -> None:
        self.taken = 0

    def leave(self) -> None:
        self.taken -= 1

    def resume(self) -> None:
        self.taken += 1


async def test_who_waits_for_a_client_that_is_silent_keeps_no_place_and_so_many_wait_at_most(
    publisher: Publisher, keys: ClientKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 60.0)  # it is the test that ends the silence
    seats, silent = Seats(), publisher.client("slow")

    async def let_in(client: Client) -> Client:
        seats.taken += 1
        held = HELD.set(seats)
        try:
            return await keys.equip(client, NOW)
        finally:
            HELD.reset(held)
            seats.taken -= 1

    publisher.hangs = True
    waiting = [asyncio.create_task(let_in(silent)) for _ in range(WAITING)]
    await eventually(lambda: publisher.asked)
    assert seats.taken == 0
    with pytest.raises(Busy):
        await let_in(silent)
    sealed = publisher.client("slow", id_token_encrypted_response_alg="RSA-OAEP-256")
    here: Any = SimpleNamespace(client_keys=keys)
    visit: Any = SimpleNamespace(tx=SimpleNamespace(commit=partial(asyncio.sleep, 0)), now=NOW)
    with pytest.raises(AuthorizationError) as told:  # the service, for its user has signed in already
        await granting._sealable(here, sealed, visit)
    assert told.value.error == "temporarily_unavailable"
    publisher.hangs = False
    assert (await let_in(publisher.client("quick"))).keys is not None, "others are in nobody's way"
    assert not waiting[0].done()
    publisher.release()
    assert all(each.keys is None for each in await asyncio.gather(*waiting))
    assert (seats.taken, publisher.asked) == (0, 2)


@pytest.mark.parametrize(
    "body",
    [
        "", "x", "[]", "null", '{"keys": {}}', {"keys": []}, {"keys": [7, {"kty": "oct", "k": "AAAA"}]},
        {"keys": [signing.EC.as_dict(private=True)]}, "[" * 50_000, "x" * 100_000,
    ],
)  # fmt: skip
async def test_what_is_no_set_with_a_public_key_is_none(
    publisher: Publisher, keys: ClientKeys, body: Any
) -> None:
    publisher.body = body
    assert (await keys.equip(publisher.client(), NOW)).keys is None


async def test_what_we_cannot_use_does_not_spoil_the_rest(publisher: Publisher, keys: ClientKeys) -> None:
    """RFC 7517 §5."""
    publisher.body = {"keys": [{"kty": "future"}, 7, *signing.public(signing.EC)["keys"]]}
    found = await keys.equip(publisher.client(), NOW)
    assert found.keys is not None and found.keys.kids == {signing.EC.kid}


async def test_no_redirect_is_followed_and_no_inner_address_asked(publisher: Publisher) -> None:
    """THREAT_MODEL.md 25: Outbound fetches: allow-listed, no private address, no redirect."""
    publisher.status = 302
    assert (await ClientKeys(Outbound(("localhost",))).equip(publisher.client(), NOW)).keys is None
    assert publisher.asked == 1
    publisher.status = 200
    assert (await ClientKeys(Outbound(())).equip(publisher.client(), NOW)).keys is None
    assert publisher.asked == 1


async def test_without_a_key_to_encrypt_with_nothing_is_said_in_the_clear(
    publisher: Publisher, keys: ClientKeys
) -> None:
    client = publisher.client(userinfo_encrypted_response_alg="RSA-OAEP-256")
    for found in (client, await keys.equip(client, NOW)):  # the published key is for signing only
        with pytest.raises(KeyMissing):
            found.recipient("userinfo")
        assert found.recipient("id_token") is None
    publisher.body = signing.public(signing.EC, signing.SEALING_RSA)
    assert (await keys.equip(client, NOW + FRESH_SECONDS)).recipient("userinfo") is not None
