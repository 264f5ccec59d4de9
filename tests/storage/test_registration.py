"""`storage.registration`: registered clients and initial access tokens."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from tests.storage.examples import INITIAL_TOKEN, LATER, NOW, REGISTERED_CLIENT

HASH = INITIAL_TOKEN.token_hash


async def test_a_client_comes_back_as_it_was_added(store: Storage) -> None:
    public = replace(REGISTERED_CLIENT, id="r2", secret_hash=None)
    async with store.transaction("acme") as tx:
        assert await tx.registered_clients.add(REGISTERED_CLIENT, 2) is True
        assert await tx.registered_clients.add(public, 2) is True
        assert await tx.registered_clients.find("r1") == REGISTERED_CLIENT
        assert await tx.registered_clients.find("r2") == public
        assert await tx.registered_clients.find("r3") is None
        assert await tx.registered_clients.list() == [REGISTERED_CLIENT, public]
        assert await tx.registered_clients.list(after="r1", limit=1) == [public]


async def test_a_tenant_has_no_more_clients_than_its_limit(store: Storage) -> None:
    async with store.transaction("other") as tx:
        assert await tx.registered_clients.add(REGISTERED_CLIENT, 1) is True
    async with store.transaction("acme") as tx:
        assert await tx.registered_clients.add(REGISTERED_CLIENT, 1) is True
        assert await tx.registered_clients.add(replace(REGISTERED_CLIENT, id="r2"), 1) is False
        assert await tx.registered_clients.find("r2") is None
        assert await tx.registered_clients.delete("r1") is True
        assert await tx.registered_clients.add(replace(REGISTERED_CLIENT, id="r2"), 1) is True


async def test_a_client_changes_only_by_its_present_token(store: Storage) -> None:
    changed = replace(REGISTERED_CLIENT, metadata={}, secret_hash=None, token_hash=b"new", changed_at=LATER)
    async with store.transaction("acme") as tx:
        await tx.registered_clients.add(REGISTERED_CLIENT, 1)
        assert await tx.registered_clients.replace(changed, b"wrong") is False
        assert await tx.registered_clients.replace(changed, REGISTERED_CLIENT.token_hash) is True
        assert await tx.registered_clients.replace(changed, REGISTERED_CLIENT.token_hash) is False
        assert await tx.registered_clients.find("r1") == changed


async def test_a_deleted_client_is_gone(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.registered_clients.add(REGISTERED_CLIENT, 1)
        assert await tx.registered_clients.delete("r1") is True
        assert await tx.registered_clients.delete("r1") is False
        assert await tx.registered_clients.list() == []


async def test_an_initial_token_has_as_many_uses_as_it_was_given(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.initial_tokens.add(INITIAL_TOKEN)
        assert await tx.initial_tokens.find(HASH, NOW) == INITIAL_TOKEN
        assert await tx.initial_tokens.consume(HASH, NOW) is True
        assert await tx.initial_tokens.consume(HASH, NOW) is True
        assert await tx.initial_tokens.consume(HASH, NOW) is False
        assert await tx.initial_tokens.find(HASH, NOW) is None
        assert await tx.initial_tokens.list(NOW) == [replace(INITIAL_TOKEN, uses_left=0)]


async def test_an_initial_token_expires(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.initial_tokens.add(INITIAL_TOKEN)
        assert await tx.initial_tokens.find(HASH, LATER - 1) == INITIAL_TOKEN
        assert await tx.initial_tokens.find(HASH, LATER) is None
        assert await tx.initial_tokens.consume(HASH, LATER) is False
        assert await tx.initial_tokens.list(LATER) == []
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1


async def test_a_use_comes_back_if_the_registration_fails(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.initial_tokens.add(INITIAL_TOKEN)
    try:
        async with store.transaction("acme") as tx:
            await tx.initial_tokens.consume(HASH, NOW)
            raise LookupError
    except LookupError:
        pass
    async with store.snapshot("acme") as tx:
        assert await tx.initial_tokens.find(HASH, NOW) == INITIAL_TOKEN


async def test_a_token_that_was_taken_back_is_gone(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.initial_tokens.add(INITIAL_TOKEN)
        assert await tx.initial_tokens.delete("t1") is True
        assert await tx.initial_tokens.delete("t1") is False
        assert await tx.initial_tokens.find(HASH, NOW) is None
