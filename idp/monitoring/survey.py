"""What stands in the database when somebody asks: queues, keys, sessions, and how far the audit log is linked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from idp.custody.authority import Authority
from idp.custody.certification import Certification
from idp.custody.signing import Signing
from idp.monitoring.filed import Certified, of_tenant
from idp.tenant import Tenant
from keys.certified_key import ends_at
from keys.seal import Unsealable
from storage import Storage, Transaction
from storage.deliveries import Undelivered
from storage.keyring import SigningKeyRecord
from storage.mails import Backlog

STREAM: Final = "stream:{name}"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of the audit log."""

    behind: int
    attempts: int  # since it last got through


@dataclass(frozen=True, slots=True)
class Standing:
    """One tenant's. Times are epoch seconds."""

    tenant: str
    sessions: int
    mails: Backlog
    deliveries: Undelivered
    linked: int
    unlinked: int
    unlinked_since: int  # 0 where all are linked
    streams: Mapping[str, Stream]
    keys: Sequence[SigningKeyRecord]
    certificates: Sequence[Certified]
    unsealable: str = ""  # which of the keys does not open


class Surveyor:
    """Of one tenant. What opened once is not opened again."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._rings = (Signing(tenant.vault), Certification(tenant.vault), Authority(tenant.vault))

    async def look(self, storage: Storage, now: int) -> Standing:
        """Raises `StorageError`."""
        name = self._tenant.name
        filed = await asyncio.to_thread(of_tenant, self._tenant.settings)
        async with storage.snapshot(name) as tx:
            last = await tx.audit_chain.last()
            linked = last.last_seq if last else 0
            unlinked, since = await tx.audit_chain.waiting()
            return Standing(
                tenant=name,
                sessions=await tx.sessions.count(now),
                mails=await tx.mails.backlog(),
                deliveries=await tx.deliveries.backlog(),
                linked=linked,
                unlinked=unlinked,
                unlinked_since=since,
                streams={each: await _stream(tx, each, linked) for each in self._streams()},
                keys=await tx.signing_keys.list(),
                certificates=[*await _certificates(tx), *(each.certified(now) for each in filed)],
                unsealable=await self._unsealable(tx),
            )

    def _streams(self) -> Sequence[str]:
        return tuple(self._tenant.settings.audit.streams or ())

    async def _unsealable(self, tx: Transaction) -> str:
        for ring in self._rings:
            try:
                await ring.load(tx)
            except Unsealable:
                return f"{type(ring).__name__.lower()} keys"
        return ""


async def _stream(tx: Transaction, name: str, linked: int) -> Stream:
    turn = await tx.audit_turns.find(STREAM.format(name=name))
    return Stream(max(0, linked - turn.position), turn.attempts) if turn else Stream(0, 0)


async def _certificates(tx: Transaction) -> Sequence[Certified]:
    """Those that work now: one that is announced or retired ends nothing."""
    ends: dict[str, int] = {}
    for key in await tx.certified_keys.list():
        if key.state == "active":
            ends[key.purpose] = min(ends.get(key.purpose, 1 << 62), ends_at(key.certificate))
    for authority in await tx.authorities.list():
        if authority.state == "active":
            ends["authority"] = max(ends.get("authority", 0), ends_at(authority.certificate))
    return [Certified(purpose, at) for purpose, at in sorted(ends.items())]
