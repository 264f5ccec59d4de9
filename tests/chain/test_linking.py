"""Records are linked after their transactions, by one node at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from idp.audit import record
from idp.chain.anchoring import ANCHOR_SECONDS
from idp.chain.linking import BATCH, LEASE_SECONDS, POINT_SECONDS, Linker
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


async def test_an_anchor_that_is_named_later_knows_at_once_how_far_the_log_goes(house: House) -> None:
    """As after SIGHUP, where nobody signs in for hours: a cut meanwhile would not be found."""
    assert house.anchor is not None
    await house.linker.drop_anchor()
    assert not house.anchor.exists(), "of an empty log there is nothing to say"
    await house.write("login.accepted", "login.accepted")
    assert await house.link() == 2

    def begun() -> Linker:
        return Linker(house.provider, house.tenant, house.anchor)

    for _ in range(2):  # whoever begins later finds that it stands there
        later = begun()
        await later.link_all()
        await later.drop_anchor()
        assert len(house.anchor.read_text().split()) == 1
    line = house.anchor.read_text().strip()
    assert (await verify(house.store, "acme", lambda: house.verification(line))).records == 2
    await house.write("login.accepted")
    house.now += LEASE_SECONDS
    assert await later.link_all() == 1
    await later.drop_anchor()
    assert len(house.anchor.read_text().split()) == 2, "what comes then is not held back by what stood there"


async def test_what_we_have_not_signed_is_no_anchor(house: House) -> None:
    assert house.anchor is not None
    await house.write("login.accepted")
    await house.link()
    async with house.store.transaction("acme") as tx:
        last = await tx.audit_chain.last()
        assert last is not None
        head, _, signature = last.statement.rpartition(".")
        await tx.audit_chain.put(replace(last, statement=f"{head}.{signature[::-1]}"))
    await Linker(house.provider, house.tenant, house.anchor).drop_anchor()
    assert not house.anchor.exists()
    assert "was tampered with" in house.provider.notices["chain/acme"][0]


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
