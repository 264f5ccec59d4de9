"""`storage.known_devices` and `storage.exposures`, and guesses beyond the limit."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage import Storage
from storage.known_devices import KnownDevice
from tests.storage.examples import CREDENTIAL, LATER, NOW, USER

DEVICE = KnownDevice(
    id="d1",
    token_hash=b"\x01" * 32,
    user_id="u1",
    authenticators=("matrix", "totp"),
    created_at=NOW,
    seen_at=NOW + 1,
    expires_at=LATER,
    address="192.0.2.1",
    user_agent="Mozilla/5.0 100% :it's",
)
OTHER = replace(USER, id="u2", username="bob")
MOST = 3


@pytest.fixture
async def people(store: Storage) -> Storage:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(OTHER)
        await tx.credentials.add(CREDENTIAL)
    return store


async def test_a_device_is_found_by_its_secret_and_its_user_while_it_lives(people: Storage) -> None:
    async with people.transaction("acme") as tx:
        await tx.known_devices.add(DEVICE, MOST)
        assert await tx.known_devices.find(DEVICE.token_hash, "u1", LATER - 1) == DEVICE
        assert await tx.known_devices.find(DEVICE.token_hash, "u1", LATER) is None
        assert await tx.known_devices.find(DEVICE.token_hash, "u2", NOW) is None
        assert await tx.known_devices.find(b"other", "u1", NOW) is None
        assert await tx.known_devices.list("u1", LATER - 1) == [DEVICE]
        assert await tx.known_devices.list("u1", LATER) == []
        later = replace(DEVICE, authenticators=("matrix",), seen_at=NOW + 9, address="::1", user_agent="x")
        assert await tx.known_devices.replace(later)
        assert not await tx.known_devices.replace(replace(DEVICE, id="d2"))
        assert await tx.known_devices.list("u1", NOW) == [later]


async def test_a_user_has_no_more_than_he_may_and_the_one_unseen_for_longest_goes(people: Storage) -> None:
    async with people.transaction("acme") as tx:
        for number, seen_at in enumerate((NOW + 5, NOW + 1, NOW + 9, NOW + 3)):
            name = f"d{number}"
            await tx.known_devices.add(
                replace(DEVICE, id=name, token_hash=name.encode(), seen_at=seen_at), MOST
            )
        await tx.known_devices.add(replace(DEVICE, user_id="u2", id="d9"), MOST)
        assert [each.id for each in await tx.known_devices.list("u1", NOW)] == ["d2", "d0", "d3"]
        assert len(await tx.known_devices.list("u2", NOW)) == 1


async def test_a_new_secret_is_that_of_all_who_share_the_browser(people: Storage) -> None:
    async with people.transaction("acme") as tx:
        await tx.known_devices.add(DEVICE, MOST)
        await tx.known_devices.add(replace(DEVICE, user_id="u2", id="d2", expires_at=NOW), MOST)
        await tx.known_devices.move(DEVICE.token_hash, b"new", NOW)
        assert await tx.known_devices.find(b"new", "u1", NOW) == replace(DEVICE, token_hash=b"new")
        assert await tx.known_devices.find(DEVICE.token_hash, "u1", NOW) is None
        assert await tx.known_devices.find(b"new", "u2", NOW - 1) is None  # his had expired


async def test_devices_are_deleted_swept_and_go_with_their_user(people: Storage) -> None:
    async with people.transaction("acme") as tx:
        for name in ("d1", "d2", "d3"):
            await tx.known_devices.add(replace(DEVICE, id=name, token_hash=name.encode()), MOST)
        assert not await tx.known_devices.delete("u2", "d1")
        assert await tx.known_devices.delete("u1", "d1")
        assert not await tx.known_devices.delete("u1", "d1")
        assert await tx.known_devices.delete_of("u1") == 2
        await tx.known_devices.add(DEVICE, MOST)
    assert await people.sweep("acme", LATER - 1) == 0
    assert await people.sweep("acme", LATER) == 1
    async with people.transaction("acme") as tx:
        await tx.known_devices.add(DEVICE, MOST)
        await tx.exposures.add("c1", NOW, NOW)
        await tx.users.delete("u1")
        assert await tx.known_devices.find(DEVICE.token_hash, "u1", NOW) is None
        assert await tx.exposures.find("c1", NOW) == 0


async def test_another_tenant_sees_and_changes_nothing(people: Storage) -> None:
    async with people.transaction("acme") as tx:
        await tx.known_devices.add(DEVICE, MOST)
        await tx.exposures.add("c1", NOW, NOW)
    async with people.transaction("other") as tx:
        assert await tx.known_devices.find(DEVICE.token_hash, "u1", NOW) is None
        assert await tx.known_devices.list("u1", NOW) == []
        assert not await tx.known_devices.replace(DEVICE)
        await tx.known_devices.move(DEVICE.token_hash, b"new", NOW)
        assert not await tx.known_devices.delete("u1", "d1")
        assert await tx.known_devices.delete_of("u1") == 0
        assert await tx.exposures.find("c1", NOW) == 0
    async with people.transaction("acme") as tx:
        assert await tx.known_devices.list("u1", NOW) == [DEVICE]


async def test_logins_at_once_get_numbers_of_their_own_and_another_secret_begins_anew(
    people: Storage,
) -> None:
    async def one(since: int) -> int:
        async with people.transaction("acme") as tx:
            return await tx.exposures.add("c1", since, NOW)

    assert sorted(await asyncio.gather(*(one(NOW) for _ in range(20)))) == list(range(1, 21))
    async with people.snapshot("acme") as tx:
        assert await tx.exposures.find("c1", NOW) == 20
        assert await tx.exposures.find("c1", NOW + 1) == 0
    assert await one(NOW + 1) == 1


async def test_of_many_who_exceed_a_budget_as_they_found_it_one_does(people: Storage) -> None:
    """THREAT_MODEL.md 16: never more evaluated than the budget allows."""
    async with people.transaction("acme") as tx:
        found = await tx.budgets.spend("alice", 1, 60, NOW)

    async def one() -> bool:
        async with people.transaction("acme") as tx:
            return await tx.budgets.exceed(found, 60, NOW + 30) is not None

    assert sum(await asyncio.gather(*(one() for _ in range(20)))) == 1
    async with people.transaction("acme") as tx:
        held = await tx.budgets.find("alice")
        assert held is not None and (held.failures, held.until, held.pending) == (2, NOW + 90, 2)
        exceeded = await tx.budgets.exceed(held, 60, NOW + 40, pending=False)
        assert exceeded == replace(held, failures=3, until=NOW + 100)
