"""Records are linked after their transactions, by one node at a time."""

from __future__ import annotations

import asyncio

from idp.audit import record
from idp.chain.linking import ANCHOR_SECONDS, BATCH, LEASE_SECONDS, POINT_SECONDS, Linker
from idp.chain.reading import verify
from tests.chain.conftest import NOW, House


async def test_a_checkpoint_grows_for_a_minute(house: House) -> None:
    """So that there are not too many; each time it is signed anew, and an older statement still holds."""
    for _ in range(3):
        await house.write("login.accepted")
        await house.link()
        await house.linker.drop_anchor()
        house.now += ANCHOR_SECONDS // 2
    assert house.anchor is not None
    anchored = house.anchor.read_text().split()
    assert len(anchored) == 2  # once a minute: behind the first record, and behind the third
    async with house.store.snapshot("acme") as tx:
        points = await tx.audit_chain.checkpoints()
    assert [(each.number, each.first_seq, each.last_seq) for each in points] == [(1, 1, 2), (2, 3, 3)]
    assert POINT_SECONDS == ANCHOR_SECONDS
    whole = await verify(house.store, "acme", lambda: house.verification(*anchored))
    assert whole.records == 3


async def test_what_is_committed_late_is_linked_behind_what_came_first(house: House) -> None:
    """A transaction that takes long has an older id; nothing has to wait for it, and nothing is passed over."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with house.store.transaction("acme") as tx:
            await began.wait()
            await record(tx, "user.enabled", house.now - 60, user_id="u-1", username="alice")
        ended.set()

    task = asyncio.create_task(slow())
    await house.write("login.accepted")
    await house.link()
    began.set()
    await task
    assert ended.is_set() and await house.link() == 1
    async with house.store.snapshot("acme") as tx:
        first, second = await tx.audit_chain.list(0, 9, 9)
    assert (first.event, second.event) == ("login.accepted", "user.enabled") and second.id < first.id
    assert (await verify(house.store, "acme", house.verification)).records == 2


async def test_of_two_nodes_one_links_and_the_other_takes_over(house: House) -> None:
    """The chain has one end, however many link; whoever died is replaced when his lease ends."""
    other = Linker(house.provider, house.tenant)
    await house.write("login.accepted")
    assert await house.link() == 1
    await house.write("login.accepted")
    assert await other.link_all() == 0 and not other.is_ours
    house.now += LEASE_SECONDS
    await house.write("login.accepted")
    assert sorted(await asyncio.gather(other.link_all(), house.link())) == [0, 2]
    assert (await verify(house.store, "acme", house.verification)).records == 3


async def test_a_backlog_is_linked_in_batches(house: House) -> None:
    """As after an upgrade: records from before there was a chain have no version, and are linked like all others."""
    async with house.store.transaction("acme") as tx:
        for number in range(BATCH + 1):
            await record(tx, "user_code.refused", NOW + number % 7)
    assert await house.link() == BATCH + 1
    assert (await verify(house.store, "acme", house.verification)).records == BATCH + 1
