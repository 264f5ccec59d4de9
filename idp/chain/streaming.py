"""Sends every record on, in the order of the chain: each stream has its place in the database, one node works on it."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from idp.audit import record
from idp.background import retry_at, running
from idp.chain.handing import Names
from idp.chain.linking import holder_name
from idp.chain.syslog import Syslog
from idp.chain.telling import key_of, told
from idp.config.audit import StreamSettings
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from idp.web.outbound import Outbound, OutboundError
from idp.web.webhook import Webhook
from storage import StorageError
from storage.chain import Turn

LOOK_SECONDS: Final = 1.0  # from one look for what is new to the next, give or take a half
LEASE_SECONDS: Final = 30  # whoever claimed one and is not done by then has died
FIRST_RETRY_SECONDS: Final = 5
BATCH: Final = 200

log = structlog.get_logger("idp.audit")


class Receiver(Protocol):
    """Where a stream goes."""

    async def send(self, records: Sequence[Mapping[str, Any]], /) -> None:
        """Raises `idp.web.outbound.OutboundError` where not all have arrived."""


@asynccontextmanager
async def streaming(provider: IdentityProvider) -> AsyncIterator[None]:
    """While the block runs, send what is new to every stream of every tenant."""
    streams = [
        Stream(provider, tenant, name, _receiver(provider, tenant, settings))
        for tenant in provider.tenants.values()
        for name, settings in (tenant.settings.audit.streams or {}).items()
    ]
    async with running(*map(_repeat, streams)):
        yield


def _receiver(provider: IdentityProvider, tenant: Tenant, settings: StreamSettings) -> Receiver:
    outbound = Outbound(tenant.settings.audit.outbound_allow, is_demo=tenant.settings.demo)
    if settings.syslog is not None:
        return Syslog(settings.syslog, outbound, tenant.name, socket.gethostname())
    assert settings.webhook is not None  # exactly one is given
    return Webhook(settings.webhook, outbound, tenant.name, provider.clock)


async def _repeat(stream: Stream) -> None:
    """The first look is at once: a new stream begins with what comes after it."""
    while True:
        try:
            await stream.send_due()
        except StorageError as error:
            log.warning(
                "audit.stream.failed", tenant=stream.tenant.name, stream=stream.name, error=str(error)
            )
        except Exception:  # one stream must not keep the others waiting
            log.exception("defect", tenant=stream.tenant.name, stream=stream.name)
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it


class Stream:
    """One stream of one tenant, as one process works on it."""

    def __init__(self, provider: IdentityProvider, tenant: Tenant, name: str, receiver: Receiver) -> None:
        self.tenant = tenant
        self.name = name
        self._provider = provider
        self._receiver = receiver
        self._work = f"stream:{name}"
        self._holder = holder_name()

    async def send_due(self) -> None:
        """Send until nothing is left, or the receiver does not take it. A new stream begins with what comes next."""
        async with self._provider.storage.snapshot(self.tenant.name) as tx:
            newest, turn = await tx.audit_chain.last(), await tx.audit_turns.find(self._work)
        self._notice(turn)
        end, now = newest.last_seq if newest else 0, self._provider.clock()
        if turn is not None and (turn.position >= end or (turn.attempts and turn.until > now)):
            return
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            claimed = await tx.audit_turns.claim(self._work, self._holder, now, now + LEASE_SECONDS, end)
        while claimed is not None and claimed.position < end:
            claimed = await self._send(claimed, end)

    async def _send(self, turn: Turn, end: int) -> Turn | None:
        """The next records; None where no more can be sent now, or another has taken over."""
        async with self._provider.storage.snapshot(self.tenant.name) as tx:
            page, names = await tx.audit_chain.list(turn.position, end, BATCH), Names(tx)
            zone = self.tenant.zone
            records = [told(each, zone, key_of(each), await names.find(each.user_id)) for each in page]
        try:
            if records:
                await self._receiver.send(records)
        except OutboundError as unsent:
            await self._fail(turn, str(unsent))
            return None
        lost = (turn.position + 1, (page[0].seq if page else end + 1) - 1)
        until = self._provider.clock() + LEASE_SECONDS
        done = replace(turn, position=page[-1].seq if page else end, until=until, attempts=0, failure="")
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            is_ours = await tx.audit_turns.settle(self._work, done)
            if is_ours and lost[0] <= lost[1]:
                now, (first, last) = self._provider.clock(), lost
                await record(tx, "audit.skipped", now, stream=self.name, first_seq=first, last_seq=last)
        return done if is_ours else None

    async def _fail(self, turn: Turn, reason: str) -> None:
        now, attempts = self._provider.clock(), turn.attempts + 1
        again = retry_at(attempts, now, FIRST_RETRY_SECONDS)
        failed = replace(turn, attempts=attempts, failure=reason, until=again)
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            await tx.audit_turns.settle(self._work, failed)
        log.warning("audit.stream.failed", tenant=self.tenant.name, stream=self.name, error=reason)
        self._notice(failed)

    def _notice(self, turn: Turn | None) -> None:
        """What an administrator should see to, for `idp health`."""
        words = f"{self.tenant.name}: the stream {self.name} of the audit log does not get through"
        notices = [f"{words}: {turn.failure}"] if turn and turn.attempts else []
        self._provider.notices[f"stream/{self.tenant.name}/{self.name}"] = notices
