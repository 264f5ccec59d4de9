"""Links what was committed, in the background: one node at a time, about half a second behind the writers."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from idp.background import running
from idp.chain import statement
from idp.chain.anchoring import Anchor
from idp.chain.digest import BEGINNING, DIGEST_BYTES, advance, digest
from idp.chain.own_keys import own_keys, ready_keys
from idp.chain.statement import Statement
from idp.chain.verifying import Broken
from idp.provider import IdentityProvider
from idp.revisions.remembering import applied
from idp.tenant import Tenant
from keys.jws import InvalidToken, SigningKey
from storage import StorageError, Transaction
from storage.chain import Checkpoint, Kept

WORK: Final = "link"
LOOK_SECONDS: Final = 0.5  # from one look to the next of whoever links, give or take a half
REST_SECONDS: Final = 3.0  # the same of the others, who take over if he dies
LEASE_SECONDS: Final = 5
BATCH: Final = 500  # records linked in one transaction
POINT_SECONDS: Final = 60  # a checkpoint grows for so long, so that there are not too many,
POINT_RECORDS: Final = 2000  # or to so many records

End = tuple[Checkpoint, Statement]

log = structlog.get_logger("idp.audit")


def holder_name() -> str:
    """Of this process, unlike any other."""
    return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(4).hex()}"


@asynccontextmanager
async def linking(provider: IdentityProvider, anchor: Path | None) -> AsyncIterator[None]:
    """While the block runs, link the records of every tenant. `anchor` is a file that is only ever appended to."""
    async with running(*(_repeat(Linker(provider, each, anchor)) for each in provider.tenants.values())):
        yield


async def _repeat(linker: Linker) -> None:
    while True:
        pause = LOOK_SECONDS if linker.is_ours else REST_SECONDS
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        try:
            await linker.link_all()
            await linker.drop_anchor()
        except (StorageError, OSError) as error:
            log.warning("audit.unlinked", tenant=linker.tenant.name, error=str(error))
        except Exception:  # one tenant's log must not keep the others waiting
            log.exception("defect", tenant=linker.tenant.name)


class Linker:
    """One tenant's chain, as one process works on it."""

    def __init__(self, provider: IdentityProvider, tenant: Tenant, anchor: Path | None = None) -> None:
        self.tenant = tenant
        self.is_ours = True  # as far as we know: the first look shows
        self._provider = provider
        self._anchor = None if anchor is None else Anchor(anchor)
        self._holder = holder_name()
        self._key: SigningKey | None = None
        self._newest: Checkpoint | None = None  # that we have signed

    async def link_all(self) -> int:
        """Link what waits; returns how many records. A broken chain is told by `idp health` and left alone."""
        # A snapshot waits for nobody, and mostly finds nothing.
        async with self._provider.storage.snapshot(self.tenant.name) as tx:
            if not await tx.audit_chain.is_waiting():
                return 0
        total, count = 0, BATCH
        broken: Broken | None = None
        try:
            while count == BATCH:
                count = await self._link()
                total += count
        except Broken as found:
            broken = found
        self._tell(broken)
        return total

    async def _link(self) -> int:
        now = self._provider.clock()
        await self._find_key()
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            # The row stays locked until the end: of two who link at once the second finds nothing.
            turn = await tx.audit_turns.claim(WORK, self._holder, now, now + LEASE_SECONDS)
            self.is_ours = turn is not None
            if turn is None:
                return 0
            end, key = await self._end(tx)
            kept = await tx.audit_chain.link(end[1].last if end else 0, BATCH)
            if not kept:
                return 0
            point = extended(key, self.tenant.name, end, kept, now)
            await tx.audit_chain.put(point)
        self._newest = point
        return len(kept)

    async def _end(self, tx: Transaction) -> tuple[End | None, SigningKey]:
        """The end of the chain, and the key that signs. Raises `Broken`, and nothing is linked, where it was altered,
        or lies before what we have signed: the verifier shall find the place.
        """
        assert self._key is not None
        last, ours = await tx.audit_chain.last(), self._newest
        if ours is not None and (last is None or last.last_seq < ours.last_seq):
            raise Broken(f"it ends before record {ours.last_seq}, which was linked")
        if last is None:
            return None, self._key
        said = _said(last, self._key)
        if said is None:  # the key was rotated meanwhile, or
            self._key = (await own_keys(tx, self.tenant.vault))[-1]
            said = _said(last, self._key)
        if said is None:
            raise Broken(f"checkpoint {last.number} was altered")
        if (said.number, said.last) != (last.number, last.last_seq):
            raise Broken(f"checkpoint {last.number} is another's")
        return (last, said), self._key

    async def _find_key(self) -> None:
        if self._key is None:
            async with self._provider.storage.transaction(self.tenant.name) as tx:
                key = (await ready_keys(tx, self.tenant.vault, self._provider.clock()))[-1]
            self._key = key  # and not before it is kept: else we would sign by a key that nobody knows

    async def drop_anchor(self) -> None:
        """Append the newest statement to the file, once a minute at most; at first that of the database."""
        anchor, now = self._anchor, self._provider.clock()
        if anchor is None:
            return
        if self._newest is not None:
            await anchor.keep(self._newest, now)
        elif (
            not anchor.has_begun
        ):  # perhaps nobody does anything for hours, and what is signed could be cut off
            await anchor.begin(await self._signed(), now)

    async def _signed(self) -> Checkpoint | None:
        """The end of the log as one of our keys has signed it; None where there is none."""
        async with self._provider.storage.snapshot(self.tenant.name) as tx:
            if self._key is None and (keys := await own_keys(tx, self.tenant.vault)):
                self._key = keys[-1]
            if self._key is None:
                return None
            try:
                end, _ = await self._end(tx)
            except Broken as broken:
                self._tell(broken)
                return None
        return end[0] if end else None

    def _tell(self, broken: Broken | None) -> None:
        """To the log and to `idp health`."""
        notices = []
        if broken is not None:
            log.error("audit.broken", tenant=self.tenant.name, reason=str(broken))
            notices.append(f"{self.tenant.name}: the audit log was tampered with, run idp audit verify")
        self._provider.notices[f"chain/{self.tenant.name}"] = notices


def extended(key: SigningKey, tenant: str, end: End | None, kept: Sequence[Kept], now: int) -> Checkpoint:
    """The newest checkpoint with these records too, or the next one where it is old, or large, or says what was cut."""
    fresh = [digest(tenant, each) for each in kept]
    before = end[1].head if end else BEGINNING
    head, revision = advance(before, fresh), max(end[1].revision if end else 0, applied(kept))
    if end is not None:
        last, said = end
        is_small = 0 < len(last.digests) < POINT_RECORDS * DIGEST_BYTES
        if is_small and now - last.created_at < POINT_SECONDS and said.next is None:
            said = replace(said, last=kept[-1].seq, head=head, at=now, revision=revision)
            return statement.checkpoint(key, said, last.digests + b"".join(fresh), last.created_at)
    number = end[1].number + 1 if end else 1
    said = Statement(tenant, number, kept[0].seq, kept[-1].seq, before, head, now, revision=revision)
    return statement.checkpoint(key, said, b"".join(fresh), now)


def _said(point: Checkpoint, key: SigningKey) -> Statement | None:
    """What this key has signed; None where it has not."""
    try:
        return statement.read(point.statement, {key.kid: key}.get)
    except InvalidToken:
        return None
