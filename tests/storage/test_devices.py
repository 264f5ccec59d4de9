"""`storage.devices` and `storage.exchange`: devices that wait, and tokens that hang on others."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.sql.expired import GRACE_SECONDS
from tests.storage.examples import ACCESS, DEVICE, EXCHANGED, GRANT, LATER, NOW, add_login


async def test_a_device_comes_back_as_it_was_added(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.device_grants.add(DEVICE) is True
        assert await tx.device_grants.add(replace(DEVICE, device_hash=b"other")) is False, "one user code"
    async with store.snapshot("acme") as tx:
        assert await tx.device_grants.find(DEVICE.device_hash) == DEVICE
        assert await tx.device_grants.find(b"other") is None
        assert await tx.device_grants.find_by_user_code(DEVICE.user_code_hash, LATER - 1) == DEVICE
        assert await tx.device_grants.find_by_user_code(DEVICE.user_code_hash, LATER) is None


async def test_who_polls_too_soon_waits_longer_from_then_on(store: Storage) -> None:
    """RFC 8628 §3.5: the interval rises by 5 seconds each time."""
    async with store.transaction("acme") as tx:
        await tx.device_grants.add(DEVICE)
        polls = ((0, True), (4, False), (13, False), (27, False), (46, False), (71, True), (96, True))
        for seconds, in_time in polls:
            assert await tx.device_grants.poll(DEVICE.device_hash, NOW + seconds) is in_time, seconds
        found = await tx.device_grants.find(DEVICE.device_hash)
    assert found is not None
    assert (found.interval_seconds, found.polled_at) == (25, NOW + 96)


async def test_a_decision_is_made_once_and_in_time(store: Storage) -> None:
    device, code = DEVICE.device_hash, DEVICE.user_code_hash
    async with store.transaction("acme") as tx:
        await tx.device_grants.add(DEVICE)
        assert await tx.device_grants.consume(device, NOW) is None, "nothing is allowed yet"
        assert await tx.device_grants.decide(code, "allowed", "g1", LATER) is False
        assert await tx.device_grants.decide(code, "allowed", "g1", LATER - 1) is True
        assert await tx.device_grants.decide(code, "denied", "", NOW) is False
        assert await tx.device_grants.find_by_user_code(code, NOW) is None, "it waits no more"
        assert await tx.device_grants.consume(device, LATER) is None
        allowed = replace(DEVICE, state="allowed", grant_id="g1")
        assert await tx.device_grants.consume(device, LATER - 1) == allowed
        assert await tx.device_grants.consume(device, NOW) is None


async def test_what_is_denied_is_not_consumed(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.device_grants.add(DEVICE)
        assert await tx.device_grants.decide(DEVICE.user_code_hash, "denied", "", NOW) is True
        assert await tx.device_grants.consume(DEVICE.device_hash, NOW) is None
        found = await tx.device_grants.find(DEVICE.device_hash)
    assert found is not None and found.state == "denied"


async def test_an_expired_device_is_known_for_a_while_and_then_swept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.device_grants.add(DEVICE)
    assert await store.sweep("acme", LATER + GRACE_SECONDS - 1) == 0
    assert await store.sweep("acme", LATER + GRACE_SECONDS) == 1


async def test_an_exchanged_token_lives_no_longer_than_its_subject(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.exchanged_tokens.add(EXCHANGED)
    async with store.transaction("acme") as tx:
        assert await tx.exchanged_tokens.find(EXCHANGED.token_hash, NOW) == (EXCHANGED, GRANT)
        assert await tx.exchanged_tokens.find(EXCHANGED.token_hash, LATER - 1) is None
        assert await tx.tokens.find(EXCHANGED.token_hash, "access", NOW) is None
        await tx.tokens.delete(ACCESS.token_hash)
        assert await tx.exchanged_tokens.find(EXCHANGED.token_hash, NOW) is None


async def test_an_exchanged_token_goes_with_the_grant_alone_or_by_the_sweep(store: Storage) -> None:
    second, third = (replace(EXCHANGED, token_hash=bytes([number]) * 32) for number in (21, 22))
    async with store.transaction("acme") as tx:
        await add_login(tx)
        for token in (EXCHANGED, second, third):
            await tx.exchanged_tokens.add(token)
        assert await tx.exchanged_tokens.delete(second.token_hash) is True
        assert await tx.exchanged_tokens.delete(second.token_hash) is False
        assert await tx.exchanged_tokens.find(third.token_hash, NOW) is not None
        await tx.grants.delete(GRANT.id)
        assert await tx.exchanged_tokens.find(third.token_hash, NOW) is None
        assert await tx.exchanged_tokens.delete(third.token_hash) is False, "the row is gone too"


async def test_an_expired_exchanged_token_is_swept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.exchanged_tokens.add(EXCHANGED)
    assert await store.sweep("acme", LATER - 2) == 0
    assert await store.sweep("acme", LATER - 1) == 1
