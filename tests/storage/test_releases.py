"""`storage.releases`: keys that release logins, their challenges, and the releases that wait for a login."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.releases import Standing
from tests.storage.examples import CREDENTIAL, LATER, NOW, RELEASE, RELEASE_KEY, USER


async def test_keys_are_kept_and_go_with_their_device(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        assert await tx.releases.add_key(RELEASE_KEY)
        assert not await tx.releases.add_key(RELEASE_KEY)
        assert not await tx.releases.add_key(replace(RELEASE_KEY, id="k2")), "a device has one"
        assert await tx.releases.find_key(RELEASE_KEY.id) == RELEASE_KEY
        assert await tx.releases.list_keys() == [RELEASE_KEY]
        assert await tx.releases.list_keys(RELEASE_KEY.id) == []
        assert await tx.releases.standing("u1", NOW) == Standing(has_key=True, release_id="")
    async with store.transaction("other") as tx:
        assert await tx.releases.find_key(RELEASE_KEY.id) is None
        assert await tx.releases.standing("u1", NOW) == Standing(has_key=False, release_id="")
    async with store.transaction("acme") as tx:
        await tx.credentials.delete_one(CREDENTIAL.id)
        assert await tx.releases.list_keys() == []


async def test_keys_are_deleted_one_by_one_and_all_of_a_user(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        for number in range(3):
            await tx.credentials.add(replace(CREDENTIAL, id=f"c{number}"))
            key = replace(RELEASE_KEY, id=f"k{number}", credential_id=f"c{number}")
            assert await tx.releases.add_key(key)
        assert await tx.releases.delete_key("k0")
        assert not await tx.releases.delete_key("k0")
        assert await tx.releases.delete_keys("u1") == 2
        assert await tx.releases.delete_keys("u1") == 0


async def test_a_challenge_is_answered_once_and_in_time(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        await tx.releases.add_key(RELEASE_KEY)
        answer, ask = tx.releases.answer, tx.releases.ask
        assert not await ask("unknown", b"\x01", LATER)
        assert await answer(RELEASE_KEY.id, b"\x01", LATER, NOW) is None
        assert await ask(RELEASE_KEY.id, b"\x01", LATER)
        assert await answer(RELEASE_KEY.id, b"\x02", LATER, NOW) is None
        assert await answer(RELEASE_KEY.id, b"\x01", LATER + 1, NOW) is None
        assert await answer(RELEASE_KEY.id, b"\x01", LATER, LATER) is None
        used = replace(RELEASE_KEY, last_used_at=NOW + 1)
        assert await answer(RELEASE_KEY.id, b"\x01", LATER, NOW + 1) == used
        assert await answer(RELEASE_KEY.id, b"\x01", LATER, NOW + 1) is None


async def test_a_release_is_taken_once_and_in_time(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.releases.replace(replace(RELEASE, id="older"))
        await tx.releases.replace(RELEASE)
        assert await tx.releases.standing("u1", NOW) == Standing(has_key=False, release_id=RELEASE.id)
        assert await tx.releases.standing("u1", LATER) == Standing(has_key=False, release_id="")
        assert not await tx.releases.consume("u1", "older", NOW)
        assert not await tx.releases.consume("u2", RELEASE.id, NOW)
        assert not await tx.releases.consume("u1", RELEASE.id, LATER)
        assert await tx.releases.consume("u1", RELEASE.id, NOW)
        assert not await tx.releases.consume("u1", RELEASE.id, NOW)


async def test_a_release_goes_in_the_sweep_and_with_its_user(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.releases.replace(RELEASE)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1
    async with store.transaction("acme") as tx:
        await tx.releases.replace(RELEASE)
        await tx.users.delete("u1")
        assert (await tx.releases.standing("u1", NOW)).release_id == ""
