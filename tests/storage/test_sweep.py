"""`Storage.sweep`: what has expired goes, what lives stays, in slices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import Storage
from storage.sql import SQLTransaction, scope
from storage.sql.expired import GRACE_SECONDS
from tests.storage.examples import ACCESS, GRANT, INTERACTION, LATER, NOW, REFRESH, SESSION, USER, add_login

LONG = LATER + 100 * GRACE_SECONDS


async def test_what_lives_stays(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.interactions.add(INTERACTION)
        await tx.budgets.spend("alice", 5, 600, NOW)
    assert await store.sweep("acme", LATER - 1) == 0
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) == INTERACTION
        assert await tx.sessions.find(SESSION.id_hash, NOW) == SESSION
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) == (REFRESH, GRANT)
        assert await tx.budgets.find("alice") is not None


async def test_what_has_expired_goes_and_the_user_stays(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.interactions.add(INTERACTION)
        await tx.budgets.spend("alice", 5, 600, NOW)
    assert await store.sweep("acme", LATER) == 5  # interaction, session, budget and both tokens
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) is None
        assert await tx.sessions.list("u1", NOW) == []
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is None
        assert await tx.budgets.find("alice") is None
        assert await tx.grants.find("g1") == GRANT  # its code has its grace
        assert await tx.users.find("u1") == USER
        assert len(await tx.credentials.list("u1")) == 1
    assert await store.sweep("acme", LATER + GRACE_SECONDS) == 1
    async with store.snapshot("acme") as tx:
        assert await tx.grants.find("g1") is None


async def test_a_grant_lives_as_long_as_one_of_its_tokens(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.grants.add(GRANT)
        await tx.tokens.add(ACCESS)
        await tx.tokens.add(replace(REFRESH, expires_at=LONG))
    await store.sweep("acme", LATER + GRACE_SECONDS)
    await store.sweep("acme", LONG - 1)
    async with store.snapshot("acme") as tx:
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) is None
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is not None
    await store.sweep("acme", LONG)
    async with store.snapshot("acme") as tx:
        assert await tx.grants.find("g1") is None


async def test_a_grant_whose_tokens_were_deleted_goes(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.grants.add(GRANT)
        await tx.tokens.add(replace(ACCESS, expires_at=LONG))
    await store.sweep("acme", LATER + GRACE_SECONDS)
    async with store.transaction("acme") as tx:
        assert await tx.tokens.delete(ACCESS.token_hash) is True
    await store.sweep("acme", LATER + GRACE_SECONDS)
    async with store.snapshot("acme") as tx:
        assert await tx.grants.find("g1") is None


async def test_a_slice_is_bounded(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for number in range(11):
            await tx.interactions.add(replace(INTERACTION, id=f"i{number}", expires_at=NOW + number))
    slices = []
    more = True
    while more:
        async with store.transaction("acme") as tx:
            assert isinstance(tx, SQLTransaction)
            deleted, more = await tx.expired.delete(LATER, 4)
            slices.append(deleted)
    assert slices == [4, 4, 3]


async def test_more_than_one_slice_goes_in_one_sweep(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "SLICE_ROWS", 4)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        for number in range(11):
            await tx.interactions.add(replace(INTERACTION, id=f"i{number}", expires_at=NOW + number))
            grant = replace(GRANT, id=f"g{number}", code_hash=bytes([number]), code_expires_at=NOW + number)
            await tx.grants.add(grant)
            if number % 2:
                await tx.tokens.add(replace(ACCESS, token_hash=bytes([number]), grant_id=grant.id))
    assert await store.sweep("acme", LATER + GRACE_SECONDS) >= 22
    async with store.snapshot("acme") as tx:
        for number in range(11):
            assert await tx.interactions.find(f"i{number}", 0) is None
            assert await tx.grants.find(f"g{number}") is None
