"""The log's key is turned: the old one names the new one, and can write nothing anew from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from idp.chain import statement
from idp.chain.digest import BEGINNING, advance, digest
from idp.chain.linking import POINT_SECONDS, Linker
from idp.chain.own_keys import own_keys
from idp.chain.reading import feed
from idp.chain.retention import Retention
from idp.chain.rotating import rotate
from idp.chain.statement import Statement
from idp.chain.verifying import Broken, Verification
from keys.jws import SigningKey
from storage.person_keys import DAY_SECONDS
from storage.sql import SQLTransaction
from tests.chain.conftest import House


async def verified(house: House, keys: Sequence[SigningKey], *anchors: str) -> Verification:
    """With these keys, of which the last is the newest. Raises `Broken`."""
    known = {key.kid: key for key in keys}
    async with house.store.snapshot("acme") as tx:
        return await feed(tx, Verification("acme", known.get, anchors, newest=keys[-1].kid))


async def signers(house: House) -> Sequence[SigningKey]:
    async with house.store.snapshot("acme") as tx:
        return await own_keys(tx, house.tenant.vault)


async def turn(house: House) -> SigningKey:
    """Another minute, another key, another record under it."""
    house.now += POINT_SECONDS
    fresh = await rotate(house.store, house.tenant.vault, house.now)
    await house.write("session.ended")
    assert await house.link() == 1, "who linked by the old key goes on by the new one"
    return fresh


@pytest.fixture
async def turned(house: House) -> House:
    """Two records by the first key, two by the second: the rotation itself is one."""
    await house.write("login.accepted", "login.denied")
    await house.link()
    await house.linker.drop_anchor()
    await turn(house)
    await house.linker.drop_anchor()
    return house


async def test_both_keys_and_the_old_one_alone_prove_the_whole_log(turned: House) -> None:
    first, second = await signers(turned)
    for known in ([first, second], [first]):
        assert (await verified(turned, known)).records == 4
    with pytest.raises(Broken, match="checkpoint 1 was altered"):
        await verified(turned, [second])
    await turn(turned)
    assert (await verified(turned, [first])).records == 6, "from one to the next"


async def test_what_the_new_key_has_anchored_is_believed_by_who_has_the_old_one(turned: House) -> None:
    """Else a cut behind the rotation would look whole to him."""
    first, _ = await signers(turned)
    assert turned.anchor is not None
    anchored = turned.anchor.read_text().split()
    assert len(anchored) == 2
    assert (await verified(turned, [first], *anchored)).last == 4
    async with turned.tampering() as tx:
        await tx.connection.query("DELETE FROM audit WHERE seq = 4")
        last = await tx.audit_chain.last()
        assert last is not None
        said = statement.read(last.statement, {each.kid: each for each in await signers(turned)}.get)
        short = replace(said, last=3, head=advance(said.before, [last.digests[:32]]))
        await tx.audit_chain.put(
            statement.checkpoint((await signers(turned))[1], short, last.digests[:32], turned.now)
        )
        with pytest.raises(Broken, match="cut behind record 3: the anchor knows record 4"):
            await feed(tx, Verification("acme", {first.kid: first}.get, anchored))


async def forge(house: House, tx: SQLTransaction, key: SigningKey) -> None:
    """Who holds a key writes all of it anew, as one checkpoint."""
    await tx.connection.query("UPDATE audit SET event = 'login.denied' WHERE seq = 1")
    await tx.connection.query("DELETE FROM audit_checkpoints WHERE tenant = 'acme'")
    kept = await tx.audit_chain.list(0, 99, 99)
    digests = [digest("acme", each) for each in kept]
    said = Statement("acme", 1, 1, len(kept), BEGINNING, advance(BEGINNING, digests), house.now)
    await tx.audit_chain.put(statement.checkpoint(key, said, b"".join(digests), house.now))


async def test_who_has_stolen_the_old_key_can_write_nothing_anew(turned: House) -> None:
    """THREAT_MODEL.md 31: alter any record and the verifier says so, also where the old key of the log was stolen."""
    first, second = await signers(turned)
    async with turned.tampering() as tx:
        await forge(turned, tx, first)
        with pytest.raises(Broken, match="the newest key has signed nothing up to record 4"):
            known = {key.kid: key for key in (first, second)}
            await feed(tx, Verification("acme", known.get, newest=second.kid))
    async with turned.store.transaction("acme") as forged:
        assert isinstance(forged, SQLTransaction)
        await forge(turned, forged, first)
    await turned.write("login.accepted")
    fresh = Linker(turned.provider, turned.tenant)
    assert await fresh.link_all() == 0, "and nothing is linked to it"
    with pytest.raises(Broken, match="checkpoint 1 was altered"):
        await rotate(turned.store, turned.tenant.vault, turned.now)


async def test_behind_the_rotation_the_old_key_counts_no_more(turned: House) -> None:
    first, _ = await signers(turned)
    async with turned.tampering() as tx:
        last = await tx.audit_chain.last()
        assert last is not None and last.number == 2
        said = statement.read(last.statement, {each.kid: each for each in await signers(turned)}.get)
        await tx.audit_chain.put(statement.checkpoint(first, said, last.digests, turned.now))
        with pytest.raises(Broken, match="checkpoint 2 was altered"):
            await feed(tx, Verification("acme", {first.kid: first}.get))


async def test_retention_that_takes_the_old_key_with_it_leaves_a_log_of_the_new_one(turned: House) -> None:
    first, second = await signers(turned)
    turned.now += 200 * DAY_SECONDS
    await turned.write("login.accepted")
    await turned.link()
    assert await Retention(turned.provider).keep(turned.tenant, turned.now) == 4
    await turned.link()
    whole = await verified(turned, [second])
    assert whole.pruned is not None and whole.pruned.last == 4 and whole.records == 2
    with pytest.raises(Broken, match="altered"):
        await verified(turned, [first])


async def test_of_two_who_rotate_at_once_one_follows_the_other(house: House) -> None:
    await house.write("login.accepted")
    with pytest.raises(Broken, match="no log yet"):
        await rotate(house.store, house.tenant.vault, house.now)
    await house.link()
    await asyncio.gather(*(rotate(house.store, house.tenant.vault, house.now) for _ in range(3)))
    keys = await signers(house)
    assert len(keys) == 4
    assert (await verified(house, keys[:1])).records == 4
