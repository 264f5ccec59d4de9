"""Feeds a verification from the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from idp.chain.verifying import Broken, Verification
from storage import Storage, Transaction
from storage.chain import Checkpoint, Kept

PAGE = 1000
TRIES = 3  # retention and the linker may be at work meanwhile


async def verify(storage: Storage, tenant: str, begin: Callable[[], Verification]) -> Verification:
    """Verify the whole log of a tenant. Raises `Broken`."""
    for _ in range(TRIES - 1):
        beginning = await _oldest(storage, tenant)
        try:
            async with storage.snapshot(tenant) as tx:
                return await feed(tx, begin())
        except Broken:
            if beginning == await _oldest(storage, tenant):
                raise
    async with storage.snapshot(tenant) as tx:
        return await feed(tx, begin())


async def feed(tx: Transaction, verification: Verification) -> Verification:
    """One pass over the log as it is in a transaction. Raises `Broken`."""
    async for point in points(tx):
        verification.point(point)
        async for kept in records(tx, point):
            verification.record(kept)
    if (stray := await tx.audit_chain.outside()) is not None:
        raise Broken(f"record {stray} was inserted: no checkpoint speaks of it")
    verification.finish()
    for user_id, seq in verification.unreadable.items():
        if not await tx.audit.list(limit=1, event="user.erased", user_id=user_id):
            raise Broken(
                f"record {seq} cannot be read: the key of {user_id} was destroyed, and nobody erased him"
            )
    return verification


async def points(tx: Transaction) -> AsyncIterator[Checkpoint]:
    """All checkpoints in order, up to what is the last one now: it may grow meanwhile, and others follow it."""
    last, after = await tx.audit_chain.last(), 0
    while last and after < last.number and (page := await tx.audit_chain.checkpoints(after, 1)):
        yield page[0]
        after = page[0].number


async def records(tx: Transaction, point: Checkpoint, limit: int = PAGE) -> AsyncIterator[Kept]:
    """The records of a checkpoint in order."""
    after = point.first_seq - 1 if point.digests else point.last_seq
    while page := await tx.audit_chain.list(after, point.last_seq, limit):
        for kept in page:
            yield kept
        after = page[-1].seq


async def _oldest(storage: Storage, tenant: str) -> int:
    """The number of the first checkpoint."""
    async with storage.snapshot(tenant) as tx:
        found = await tx.audit_chain.checkpoints(0, 1)
    return found[0].number if found else 0
