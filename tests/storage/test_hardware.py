"""`storage.hardware`: tokens in stock and in people's hands, and addresses that activate apps."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage import Duplicate, Storage
from storage.hardware import Activation, HardwareToken, Held
from tests.storage.examples import CREDENTIAL, LATER, NOW, USER

TOKEN = HardwareToken("100 % :7'", "hotp", "メーカー", b"\x00sealed", NOW, NOW, counter=6, drift=-2)
ACTIVATION = Activation(b"\x07" * 32, "u1", "totp", 2, NOW, LATER)


async def test_a_token_is_kept_and_listed_with_its_holder(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        await tx.hardware_tokens.add(TOKEN)
        await tx.hardware_tokens.add(replace(TOKEN, serial="2"))
        assert await tx.hardware_tokens.assign("2", CREDENTIAL.id, NOW + 1)
        spare = Held(TOKEN, None)
        given = Held(replace(TOKEN, serial="2", credential_id=CREDENTIAL.id, changed_at=NOW + 1), "u1")
        assert await tx.hardware_tokens.find(TOKEN.serial) == spare
        assert await tx.hardware_tokens.list() == [spare, given]
        assert await tx.hardware_tokens.list(TOKEN.serial, 5) == [given]
        assert await tx.hardware_tokens.list_of("u1") == [given.token]
    async with store.transaction("other") as tx:
        assert await tx.hardware_tokens.find(TOKEN.serial) is None
    with pytest.raises(Duplicate):
        async with store.transaction("acme") as tx:
            await tx.hardware_tokens.add(TOKEN)


async def test_one_gets_a_token_and_it_is_free_when_his_credential_is_gone(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        await tx.hardware_tokens.add(TOKEN)
        assert await tx.hardware_tokens.assign(TOKEN.serial, CREDENTIAL.id, NOW)
        assert not await tx.hardware_tokens.assign(TOKEN.serial, "c2", NOW)
        await tx.users.delete(USER.id)
        assert await tx.hardware_tokens.list_of("u1") == []
        assert await tx.hardware_tokens.assign(TOKEN.serial, "c2", NOW)


async def test_a_lost_token_is_given_to_nobody(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.hardware_tokens.add(TOKEN)
        assert await tx.hardware_tokens.mark_lost(TOKEN.serial, NOW)
        assert not await tx.hardware_tokens.mark_lost(TOKEN.serial, NOW)
        assert not await tx.hardware_tokens.assign(TOKEN.serial, "c1", NOW)


async def test_a_counter_only_goes_forward_whoever_holds_the_token(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.hardware_tokens.add(TOKEN)
        assert await tx.hardware_tokens.advance(TOKEN.serial, 7, 1, NOW + 5)
        assert not await tx.hardware_tokens.advance(TOKEN.serial, 7, 1, NOW + 6)
        held = await tx.hardware_tokens.find(TOKEN.serial)
        assert held == Held(replace(TOKEN, counter=7, drift=1, changed_at=NOW + 5), None)


async def test_an_address_is_used_so_often_and_no_longer(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await tx.activations.replace(ACTIVATION) is False
        assert await tx.activations.find(ACTIVATION.token_hash, NOW) == ACTIVATION
        assert await tx.activations.find(ACTIVATION.token_hash, LATER) is None
        assert await tx.activations.consume(ACTIVATION.token_hash, LATER) is None
        assert await tx.activations.consume(ACTIVATION.token_hash, NOW) == 1
        assert await tx.activations.consume(ACTIVATION.token_hash, NOW) == 0
        assert await tx.activations.consume(ACTIVATION.token_hash, NOW) is None
        assert await tx.activations.find(ACTIVATION.token_hash, NOW) is None


async def test_a_new_address_kills_the_one_before_and_goes_with_its_user(store: Storage) -> None:
    new = replace(ACTIVATION, token_hash=b"\x08" * 32)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.activations.replace(ACTIVATION)
        assert await tx.activations.replace(new) is True
        assert await tx.activations.find(ACTIVATION.token_hash, NOW) is None
        await tx.users.delete(USER.id)
        assert await tx.activations.find(new.token_hash, NOW) is None


async def test_addresses_are_swept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.activations.replace(ACTIVATION)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1


async def test_of_fifty_uses_of_an_address_as_many_succeed_as_it_has(store: Storage) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one activation address exactly as many succeed as it is good for."""
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.activations.replace(ACTIVATION)

    async def use() -> int | None:
        async with store.transaction("acme") as tx:
            return await tx.activations.consume(ACTIVATION.token_hash, NOW)

    left = await asyncio.gather(*(use() for _ in range(50)))
    assert sorted(one for one in left if one is not None) == [0, 1]


async def test_sealing_anew_keeps_the_count(store: Storage) -> None:
    named = replace(CREDENTIAL, name="業務用 phone")
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(named)
        await tx.credentials.advance(named.id, 50, 3, NOW + 9)
        assert await tx.credentials.reseal(replace(named, sealed=b"new", changed_at=NOW + 10))
        (kept,) = await tx.credentials.list("u1")
        expected = replace(named, counter=50, drift=3, last_used_at=NOW + 9, sealed=b"new")
        assert kept == replace(expected, changed_at=NOW + 10)
        assert await tx.credentials.delete_one(named.id)
        assert not await tx.credentials.delete_one(named.id)
