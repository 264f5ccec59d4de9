"""Metadata from the web and from files, kept in the database for all nodes.

THREAT_MODEL.md 6: Imported metadata never weakens a setting silently; removal of a signing certificate is shown
and needs consent.
THREAT_MODEL.md 7: A disabled service gets nothing.
THREAT_MODEL.md 25: Outbound fetches: allow-listed, no private address after DNS, no redirect, bounded size and time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from idp.config.secrets import SecretReading
from idp.web.outbound import Outbound
from protocols.saml.metadata import alarm
from protocols.saml.metadata.fetching import MEDIA_TYPE
from protocols.saml.metadata.keeper import Keeper
from protocols.saml.metadata.registry import Registry
from protocols.saml.settings import ServiceSettings, TenantSettings
from storage import Storage
from storage.service_metadata import PublishedMetadata
from tests.protocols.saml.metadata.samples import (
    DAY,
    NOW,
    SP,
    acs,
    aggregate,
    descriptor,
    entity,
    key,
    pem,
    sealed,
)

OTHER = "https://other.example.com/sp"
WEAKER = entity(signed=False)


@dataclass
class Web:
    """Somebody else's server, on this machine; pages by path, and who asked for what."""

    pages: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        self.accepted.add(request.headers["Accept"])
        if request.raw_path == "/moved":
            raise web.HTTPFound("/wiki")
        if request.raw_path not in self.pages:
            raise web.HTTPNotFound
        return web.Response(text=self.pages[request.raw_path])


@pytest.fixture
async def there() -> AsyncIterator[Web]:
    """It serves until the test ends."""
    one, app = Web(), web.Application()
    app.router.add_get("/{path:.*}", one.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://localhost:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


class Node:
    """One of several that share a database."""

    def __init__(
        self, store: Storage, allow: tuple[str, ...] = ("localhost",), **services: dict[str, Any]
    ) -> None:
        settings = {name: _settings(each) for name, each in services.items()}
        self.keeper = Keeper("acme", store, settings, TenantSettings(), Outbound(allow))
        self.now = NOW
        self.registry = Registry({"acme": settings}, lambda: self.now)

    async def start(self) -> Node:
        await self.keeper.prepare(self.now)
        await self.look()
        return self

    async def look(self) -> None:
        """What a running server does every other second."""
        while await self.keeper.due(self.now):
            pass
        await self.registry.update(self.keeper.storage, "acme")

    async def refresh(self, *names: str) -> list[str]:
        outcomes = await self.keeper.refresh(names or self.keeper.services, self.now)
        await self.registry.update(self.keeper.storage, "acme")
        return [each.result for each in outcomes.values()]

    def signs(self, service: str = "wiki") -> bool | None:
        """Whether the service's requests must be signed; None for a service that is not known."""
        found = self.registry.of_service("acme", service)
        assert found is None or self.registry.find("acme", found.entity_id) == (service, found)
        return found.authn_requests_signed if found else None


def _settings(given: dict[str, Any]) -> ServiceSettings:
    folder = given.pop("folder", Path())
    return ServiceSettings.model_validate(given, context=SecretReading(folder))


async def events(store: Storage) -> list[tuple[str, Any]]:
    async with store.snapshot("acme") as tx:
        return [(each.event, each.details) for each in reversed(await tx.audit.list())]


async def row(store: Storage, service: str = "wiki") -> PublishedMetadata:
    async with store.snapshot("acme") as tx:
        found = await tx.service_metadata.find(service)
        assert found is not None
        return found


async def test_what_weakens_waits_on_all_nodes_until_an_administrator_agrees(
    store: Storage, there: Web
) -> None:
    there.pages["/wiki"] = entity()
    wiki = {"metadata": f"{there.url}/wiki"}
    one, other = await Node(store, wiki=dict(wiki)).start(), await Node(store, wiki=dict(wiki)).start()
    assert one.signs() is other.signs() is True
    assert there.asked == ["/wiki"]  # once for both nodes
    assert there.accepted == {MEDIA_TYPE}
    there.pages["/wiki"] = WEAKER
    one.now = other.now = NOW + DAY
    await asyncio.gather(one.look(), other.look())
    await asyncio.gather(one.look(), other.look())
    assert one.signs() is other.signs() is True
    assert one.registry.waiting("acme") == other.registry.waiting("acme") == ("wiki",)
    assert len(there.asked) == 2
    agreed = await other.keeper.accept("wiki", NOW + DAY)
    assert agreed and [str(each) for each in agreed.changes] == [
        "~ AuthnRequestsSigned true becomes false  [weakens]"
    ]
    await one.look()
    await other.look()
    assert one.signs() is other.signs() is False
    assert one.registry.waiting("acme") == ()
    assert await other.keeper.accept("wiki", NOW + DAY) is None
    assert [event for event, _ in await events(store)] == [
        "metadata.accepted", "metadata.waiting", "metadata.accepted",
    ]  # fmt: skip


async def test_a_roll_over_of_keys_shows_and_needs_no_restart(store: Storage, there: Web) -> None:
    there.pages["/wiki"] = entity()
    node = await Node(store, wiki={"metadata": f"{there.url}/wiki"}).start()
    there.pages["/wiki"] = entity(descriptor("signing", "one"), descriptor("signing", "next"), acs())
    assert await node.refresh() == ["waiting"]  # the certificate to encrypt for is gone
    there.pages["/wiki"] = entity(*(descriptor("", name) for name in ("one", "two", "next")), acs())
    assert await node.refresh() == ["accepted"]
    found = node.registry.of_service("acme", "wiki")
    assert found and key("next").certificate in found.signing_certificates
    assert (await row(store)).pending == b""


async def test_a_failure_is_told_once_and_what_is_in_force_stays(store: Storage, there: Web) -> None:
    there.pages["/wiki"] = entity()
    node = await Node(store, wiki={"metadata": f"{there.url}/wiki"}).start()
    del there.pages["/wiki"]
    assert [await node.refresh(), await node.refresh()] == [["failed"], ["failed"]]
    assert node.signs() is True
    assert (await row(store)).failure == "it answered 404"
    assert [event for event, _ in await events(store)] == ["metadata.accepted", "metadata.failed"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<a/>", "no SAML 2.0 metadata"),
        (f"<!DOCTYPE a>{entity()}", "document type"),
        (entity(acs("http://x/")), "no AssertionConsumerService"),
        (entity(more='validUntil="2020-01-01T00:00:00Z"'), "expired"),
        ("", "not well-formed"),
        (aggregate(entity(), entity(entity_id=OTHER)), "say which by entity_id"),
    ],
)
async def test_what_is_no_metadata_is_not_in_force(
    memory: Storage, there: Web, page: str, words: str
) -> None:
    there.pages["/wiki"] = page
    node = await Node(memory, wiki={"metadata": f"{there.url}/wiki"}).start()
    assert node.signs() is None
    assert words in (await row(memory)).failure


async def test_nothing_is_fetched_from_inside_and_no_redirect_is_followed(
    memory: Storage, there: Web
) -> None:
    there.pages["/wiki"] = entity()
    for allow, path, words in (
        ((), "/wiki", "plain http"),
        (("localhost",), "/moved", "answered 302"),
    ):
        node = Node(memory, allow, wiki={"metadata": there.url + path})
        await node.keeper.prepare(NOW)
        assert await node.refresh() == ["failed"]
        assert words in (await row(memory)).failure
    assert there.asked == ["/moved"]


async def test_an_aggregate_is_fetched_once_for_all_of_its_services(
    store: Storage, there: Web, tmp_path: Path
) -> None:
    pem(tmp_path / "federation.pem", "federation")
    there.pages["/all"] = sealed(aggregate(entity(), entity(entity_id=OTHER, signed=False)))
    common = {"metadata": f"{there.url}/all", "metadata_signed_by": ["federation.pem"], "folder": tmp_path}
    node = await Node(
        store,
        wiki={**common, "entity_id": SP},
        other={**common, "entity_id": OTHER},
        gone={**common, "entity_id": "https://gone.example.com"},
    ).start()
    assert (node.signs("wiki"), node.signs("other"), node.signs("gone")) == (True, False, None)
    assert there.asked == ["/all"]
    assert (await row(store, "gone")).failure == "the metadata have no entity https://gone.example.com"
    there.pages["/all"] = sealed(aggregate(entity(), entity(entity_id=OTHER)), by="somebody")
    assert await node.refresh("wiki", "other") == ["failed", "failed"]
    assert "no certificate" in (await row(store)).failure


async def test_one_entity_is_asked_for_by_its_name(memory: Storage, there: Web) -> None:
    """The Metadata Query protocol, first by the hash of the entity ID, as every server of metadata knows it."""
    hashed = f"/mdq/entities/%7Bsha1%7D{hashlib.sha1(SP.encode()).hexdigest()}"
    plain = f"/mdq/entities/{quote(SP, safe='')}"
    there.pages[hashed] = entity()
    node = await Node(memory, wiki={"mdq": f"{there.url}/mdq/", "entity_id": SP}).start()
    assert node.signs() is True
    assert there.asked == [hashed]
    there.pages = {plain: entity()}
    assert await node.refresh() == ["unchanged"]
    assert there.asked == [hashed, hashed, plain]
    there.pages = {hashed: entity(entity_id=OTHER)}
    assert await node.refresh() == ["failed"]
    assert (await row(memory)).failure == f"it does not know {SP}"


async def test_a_file_is_in_force_at_once_and_held_to_the_same(store: Storage, tmp_path: Path) -> None:
    (tmp_path / "wiki.xml").write_text(entity())
    wiki = {"metadata": "wiki.xml", "folder": tmp_path}
    one, other = await Node(store, wiki=dict(wiki)).start(), await Node(store, wiki=dict(wiki)).start()
    assert one.signs() is other.signs() is True
    (tmp_path / "wiki.xml").write_text(WEAKER)
    reloaded = await Node(store, wiki=dict(wiki)).start()
    assert reloaded.signs() is True
    assert reloaded.registry.waiting("acme") == ("wiki",)
    await reloaded.keeper.accept("wiki", NOW)
    await one.look()
    assert one.signs() is False
    assert (await row(store)).due_at is None
    (tmp_path / "wiki.xml").write_text(entity())  # and back again: stronger, so it needs nobody
    assert (await Node(store, wiki=dict(wiki)).start()).signs() is True


async def test_another_address_is_asked_at_once_and_does_not_weaken_either(
    memory: Storage, there: Web
) -> None:
    there.pages |= {"/wiki": entity(), "/new": entity(entity_id=OTHER)}
    await Node(memory, wiki={"metadata": f"{there.url}/wiki"}).start()
    moved = await Node(memory, wiki={"metadata": f"{there.url}/new"}).start()
    assert there.asked == ["/wiki", "/new"]
    assert moved.registry.find("acme", OTHER) is None
    assert moved.registry.waiting("acme") == ("wiki",)


async def test_two_services_cannot_have_one_name(memory: Storage, there: Web) -> None:
    there.pages["/wiki"] = entity()
    url = f"{there.url}/wiki"
    node = await Node(memory, copy={"metadata": url}, wiki={"metadata": url}).start()
    assert [node.signs("copy"), node.signs("wiki")] == [True, None]
    assert (await row(memory)).failure == "its entityID is that of service copy"


async def test_a_service_that_is_not_configured_any_more_is_not_found(memory: Storage, there: Web) -> None:
    there.pages |= {"/wiki": entity(), "/other": entity(entity_id=OTHER)}
    wiki, other = {"metadata": f"{there.url}/wiki"}, {"metadata": f"{there.url}/other"}
    assert (await Node(memory, wiki=dict(wiki), other=other).start()).signs() is True
    without = await Node(memory, other=dict(other)).start()
    assert without.registry.find("acme", SP) is None
    assert without.signs("other") is True


async def test_what_has_expired_is_not_found(memory: Storage, there: Web) -> None:
    there.pages["/wiki"] = entity(more='validUntil="2027-01-16T08:00:00Z"')
    node = await Node(memory, wiki={"metadata": f"{there.url}/wiki"}).start()
    node.now = NOW + DAY - 1
    assert node.signs() is True
    node.now = NOW + DAY
    assert node.signs() is None


async def test_an_end_is_told_in_time_and_once(store: Storage, there: Web) -> None:
    there.pages["/wiki"] = entity(more='validUntil="2027-02-20T08:00:00Z"')  # 36 days from now
    await Node(store, wiki={"metadata": f"{there.url}/wiki"}).start()
    end = NOW + 36 * DAY
    assert await alarm.find(store, "acme", {"wiki"}, NOW) == []
    for before in (30, 29, 7, 1, 1, 0, -3):
        now = end - before * DAY
        (one,) = await alarm.find(store, "acme", {"wiki"}, now)
        assert (one.service, one.what, one.at) == ("wiki", "validity", end)
        await asyncio.gather(*(alarm.tell(store, "acme", [one], now) for _ in range(2)))
    told = [details["days"] for event, details in await events(store) if event == "metadata.ending"]
    assert told == [30, 7, 1, 0]
    assert await alarm.find(store, "acme", {"mail"}, end) == []
