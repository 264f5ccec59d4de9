"""The key ring at rest: made once, turned for all nodes at once, worthless without the master key."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from idp.custody.signing import (
    ALGORITHMS,
    ANNOUNCED_SECONDS,
    SKEW_SECONDS,
    TOKEN_SECONDS,
    KeyInUse,
    Signing,
    TooEarly,
    forget,
)
from keys.jws import InvalidToken, SigningKey
from keys.ring import KeyRing
from keys.seal import Unsealable, Vault, new_data_key
from storage import Storage

NOW = 1_800_000_000
LATER = NOW + ANNOUNCED_SECONDS
CLAIMS = {"sub": "u1"}


@pytest.fixture
def vault() -> Vault:
    return Vault("acme", {1: new_data_key()})


@pytest.fixture
def signing(vault: Vault) -> Signing:
    return Signing(vault)


@pytest.fixture
def other_node(vault: Vault) -> Signing:
    return Signing(vault)


async def load(signing: Signing, store: Storage) -> KeyRing:
    async with store.snapshot("acme") as tx:
        return await signing.load(tx)


def kids(ring: KeyRing) -> dict[str, list[str]]:
    return {
        state: [key.kid for key in keys]
        for state, keys in (("next", ring.next), ("active", ring.active), ("retired", ring.retired))
    }


async def test_the_first_start_makes_an_active_and_a_next_key_by_each_algorithm(
    store: Storage, signing: Signing
) -> None:
    await signing.prepare(store, NOW)
    ring = await load(signing, store)
    assert ring.algorithms == ALGORITHMS
    assert {key.alg for key in ring.next} == set(ALGORITHMS)
    await signing.prepare(store, NOW + 1)
    assert kids(await load(signing, store)) == kids(ring)


async def test_an_algorithm_that_is_configured_later_gets_its_keys(store: Storage, signing: Signing) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    before = await load(signing, store)
    await signing.prepare(store, NOW + 1, ["ES256", "EdDSA"])
    ring = await load(signing, store)
    assert ring.algorithms == ("ES256", "EdDSA")
    assert ring.pick("ES256").kid == before.pick("ES256").kid


async def test_nodes_that_start_at_once_sign_with_the_same_key(store: Storage, vault: Vault) -> None:
    nodes = [Signing(vault) for _ in range(8)]
    await asyncio.gather(*(node.prepare(store, NOW, ["ES256"]) for node in nodes))
    rings = [await load(node, store) for node in nodes]
    assert len({ring.pick("ES256").kid for ring in rings}) == 1
    token = rings[0].pick("ES256").sign(CLAIMS)
    assert all(ring.verify(token) == CLAIMS for ring in rings)


async def test_a_rotation_signs_with_the_announced_key_on_every_node_at_once(
    store: Storage, signing: Signing, other_node: Signing
) -> None:
    await signing.prepare(store, NOW, ["RS256", "ES256"])
    before = await load(other_node, store)
    announced = next(key for key in before.next if key.alg == "ES256")
    token = before.pick("ES256").sign(CLAIMS)
    fresh = SigningKey.generate("ES256")
    async with store.transaction("acme") as tx:
        signs_now = await signing.rotate(tx, fresh, LATER)
    after = await load(other_node, store)
    assert signs_now.kid == after.pick("ES256").kid == announced.kid
    assert [key.kid for key in after.retired] == [before.pick("ES256").kid]
    assert fresh.kid in [key.kid for key in after.next]
    assert after.verify(token) == CLAIMS, "what the retired key signed stays valid"
    assert after.pick("RS256").kid == before.pick("RS256").kid, "other algorithms are left alone"


async def test_an_algorithm_without_an_announced_key_signs_with_the_fresh_one(
    store: Storage, signing: Signing
) -> None:
    fresh = SigningKey.generate("EdDSA")
    async with store.transaction("acme") as tx:
        assert (await signing.rotate(tx, fresh, NOW)).kid == fresh.kid
    assert (await load(signing, store)).pick("EdDSA").kid == fresh.kid


async def test_a_key_that_services_may_not_have_read_does_not_sign_yet(
    store: Storage, signing: Signing
) -> None:
    """`next` is published before it signs: for as long as services may keep what they read before."""
    await signing.prepare(store, NOW, ["ES256"])
    before = kids(await load(signing, store))
    async with store.transaction("acme") as tx:
        with pytest.raises(TooEarly):
            await signing.rotate(tx, SigningKey.generate("ES256"), LATER - 1)
    assert kids(await load(signing, store)) == before
    async with store.transaction("acme") as tx:
        announced = await signing.rotate(tx, SigningKey.generate("ES256"), LATER - 1, force=True)
    assert announced.kid == before["next"][0]


async def test_without_an_announced_key_the_fresh_one_is_announced_first(
    store: Storage, signing: Signing
) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    before = kids(await load(signing, store))
    (active,), (announced,) = before["active"], before["next"]
    fresh = SigningKey.generate("ES256")
    async with store.transaction("acme") as tx:
        await signing.retire(tx, announced, NOW)
        assert (await signing.rotate(tx, fresh, LATER)).kid == active
    assert kids(await load(signing, store)) == {
        "next": [fresh.kid],
        "active": [active],
        "retired": [announced],
    }


async def test_retired_keys_go_when_the_last_token_that_they_signed_has_ended(
    store: Storage, signing: Signing
) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    old = (await load(signing, store)).pick("ES256").kid
    async with store.transaction("acme") as tx:
        await signing.rotate(tx, SigningKey.generate("ES256"), LATER)
    over = LATER + TOKEN_SECONDS + SKEW_SECONDS
    for now, gone in ((over - 1, []), (over, [old]), (over, [])):
        async with store.transaction("acme") as tx:
            await signing.retire(tx, old, now)  # said twice it does not begin anew
            assert await forget(tx, now) == gone
    ring = await load(signing, store)
    assert len(ring.active) == len(ring.next) == 1 and not ring.retired


async def test_a_retired_key_is_forgotten_and_its_tokens_with_it(store: Storage, signing: Signing) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    old = (await load(signing, store)).pick("ES256")
    async with store.transaction("acme") as tx:
        await signing.rotate(tx, SigningKey.generate("ES256"), LATER)
    over = LATER + TOKEN_SECONDS + SKEW_SECONDS
    async with store.transaction("acme") as tx:
        with pytest.raises(KeyInUse):
            await signing.delete(tx, old.kid, over - 1)
        assert await signing.delete(tx, old.kid, over)
        assert not await signing.delete(tx, old.kid, over)
    ring = await load(signing, store)
    assert old.kid not in [key.kid for key in ring]
    with pytest.raises(InvalidToken):
        ring.verify(old.sign(CLAIMS))


async def test_a_key_in_use_is_neither_retired_nor_deleted(store: Storage, signing: Signing) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    ring = await load(signing, store)
    (active,), (announced,) = ring.active, ring.next
    async with store.transaction("acme") as tx:
        with pytest.raises(KeyInUse):
            await signing.retire(tx, active.kid, NOW)
        for kid in (active.kid, announced.kid):
            with pytest.raises(KeyInUse):
                await signing.delete(tx, kid, LATER, force=True)
        assert await signing.retire(tx, announced.kid, NOW)
        assert not await signing.retire(tx, "no such key", NOW)
    assert kids(await load(signing, store)) == {
        "next": [],
        "active": [active.kid],
        "retired": [announced.kid],
    }


async def test_an_opened_key_is_opened_once(store: Storage, signing: Signing) -> None:
    await signing.prepare(store, NOW, ["ES256"])
    first, second = await load(signing, store), await load(signing, store)
    assert [id(key) for key in first] == [id(key) for key in second]


async def test_a_row_that_was_altered_does_not_open_even_after_it_was_cached(
    store: Storage, signing: Signing
) -> None:
    """A row copied to another place does not open: neither under another kid nor from another tenant."""
    await signing.prepare(store, NOW, ["ES256"])
    await load(signing, store)
    async with store.snapshot("acme") as tx:
        (active, *_) = await tx.signing_keys.list()
    for forged in (
        dataclasses.replace(active, kid="another"),
        dataclasses.replace(active, sealed=active.sealed[:-1] + bytes([active.sealed[-1] ^ 1])),
    ):
        async with store.transaction("acme") as tx:
            await tx.signing_keys.delete(active.kid)
            await tx.signing_keys.add(forged)
        with pytest.raises(Unsealable):
            await load(signing, store)
        async with store.transaction("acme") as tx:
            await tx.signing_keys.delete(forged.kid)
    async with store.transaction("globex") as tx:
        await tx.signing_keys.add(active)
    async with store.snapshot("globex") as tx:
        with pytest.raises(Unsealable):
            await Signing(Vault("globex", {1: new_data_key()})).load(tx)


async def test_the_database_never_holds_a_private_key_in_clear(store: Storage, signing: Signing) -> None:
    """A stolen database without the master key gives no signing key."""
    await signing.prepare(store, NOW, ["ES256"])
    async with store.snapshot("acme") as tx:
        records = await tx.signing_keys.list()
    keys = {key.kid: key for key in await load(signing, store)}
    assert keys.keys() == {record.kid for record in records}
    for record in records:
        assert keys[record.kid].dump()[-32:] not in record.sealed
        assert not dict(record.public).keys() & {"d", "p", "q"}
