"""Keeps one tenant's metadata: what the configuration names is looked for, judged and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from idp.web.outbound import Outbound
from protocols.saml.metadata import fetching
from protocols.saml.metadata.acceptance import Outcome, agree, fail, take
from protocols.saml.metadata.fetching import Unfetched
from protocols.saml.metadata.reading import Entity
from protocols.saml.metadata.recording import write_down
from protocols.saml.metadata.settings import ServiceMetadata, TenantMetadata
from protocols.saml.xml import Unreadable
from storage import Storage, Transaction
from storage.service_metadata import MetadataVersion, PublishedMetadata

LEASE_SECONDS: Final = 600  # whoever claimed a source and has not written by then has died
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Keeper:
    """`services` are the settings of those that have metadata, by name."""

    tenant: str
    storage: Storage
    services: Mapping[str, ServiceMetadata]
    settings: TenantMetadata
    outbound: Outbound

    async def prepare(self, now: int) -> Mapping[str, Outcome]:
        """What the configuration says becomes known: files are taken, addresses will be asked at once.
        Returns what became of each file that was new or had changed, by service.
        """
        outcomes: dict[str, Outcome] = {}
        async with self.storage.snapshot(self.tenant) as tx:
            known = await tx.service_metadata.versions()
        fresh = [name for name, settings in self.services.items() if _is_news(settings, known.get(name))]
        taken = _names(known)
        for some in _batches(fresh):
            async with self.storage.transaction(self.tenant) as tx:
                for name in some:
                    before = await tx.service_metadata.find(name) if name in known else None
                    if outcome := await self._introduce(tx, name, before, taken, now):
                        outcomes[name] = outcome
        return outcomes

    async def due(self, now: int) -> bool:
        """Fetch one source that is due, if nobody else does; False if nothing is."""
        async with self.storage.snapshot(
            self.tenant
        ) as tx:  # which waits for nobody, and mostly finds nothing
            due_at = await tx.service_metadata.next_due()
        if due_at is None or due_at > now:
            return False
        async with self.storage.transaction(self.tenant) as tx:
            claimed = await tx.service_metadata.claim(now, now + LEASE_SECONDS)
        await self.refresh([each.service for each in claimed if each.service in self.services], now)
        return bool(claimed)

    async def refresh(self, names: Iterable[str], now: int) -> Mapping[str, Outcome]:
        """Look for these services' metadata now; what became of each, by name."""
        outcomes: dict[str, Outcome] = {}
        for members in self._groups(names):
            found = await self._find(members)
            for some in _batches(members):
                async with self.storage.transaction(self.tenant) as tx:
                    taken = _names(await tx.service_metadata.versions())
                    for name in some:
                        before = await tx.service_metadata.find(name)
                        before = before or PublishedMetadata(name, self.services[name].source)
                        outcomes[name] = await self._judge(tx, before, found[name], taken, now)
        return outcomes

    async def accept(self, name: str, now: int) -> Outcome | None:
        """An administrator agrees to what waits; None if nothing does any more."""
        async with self.storage.transaction(self.tenant) as tx:
            before = await tx.service_metadata.find(name)
            if before is None or not before.pending:
                return None
            outcome = agree(before, now)
            if not await tx.service_metadata.replace(outcome.metadata, before):
                return None
            await write_down(tx, self.tenant, outcome, now, reason="operator")
        return outcome

    def _groups(self, names: Iterable[str]) -> Iterable[Sequence[str]]:
        """Those that one look answers: of one source, believed for one signature."""
        groups: dict[object, list[str]] = {}
        for name in names:
            settings = self.services[name]
            key = (settings.source, settings.metadata_signed_by, settings.entity_id is None)
            groups.setdefault(key, []).append(name)
        return groups.values()

    async def _introduce(
        self, tx: Transaction, name: str, before: PublishedMetadata | None, taken: dict[str, str], now: int
    ) -> Outcome | None:
        settings, stored = self.services[name], tx.service_metadata
        due_at = None if settings.entity else now
        if before is None:
            before = PublishedMetadata(name, settings.source, due_at=due_at)
            if not await stored.add(before) and (before := await stored.find(name)) is None:
                return None  # another node was quicker, and has thought better of it
        if before.source != settings.source:
            moved = replace(before, source=settings.source, due_at=due_at)
            if not await stored.replace(moved, before):
                return None
            before = moved
        return await self._judge(tx, before, settings.entity, taken, now) if settings.entity else None

    async def _find(self, names: Sequence[str]) -> Mapping[str, Entity | Unfetched]:
        """Of services of one source, each its entity or why there is none."""
        first = self.services[names[0]]
        if first.mdq is not None:
            return {name: await self._query(self.services[name]) for name in names}
        if first.entity is not None or first.metadata is None:
            return {name: self.services[name].entity or Unfetched("there is no file") for name in names}
        wanted = {each for name in names if (each := self.services[name].entity_id)}
        try:
            found = await fetching.fetch(self.outbound, first.metadata, wanted, first.metadata_signed_by)
        except Unfetched as error:
            return dict.fromkeys(names, error)
        return {name: _chosen(found, self.services[name].entity_id) for name in names}

    async def _query(self, settings: ServiceMetadata) -> Entity | Unfetched:
        try:
            return await fetching.query(
                self.outbound, settings.mdq or "", settings.entity_id or "", settings.metadata_signed_by
            )
        except Unfetched as error:
            return error

    async def _judge(
        self,
        tx: Transaction,
        before: PublishedMetadata,
        found: Entity | Unfetched,
        taken: dict[str, str],
        now: int,
    ) -> Outcome:
        """Write down what was found; who was quicker has written the same. `taken` are entity IDs by service."""
        name = before.service
        seconds = None if self.services[name].entity else self.settings.metadata_seconds
        try:
            if isinstance(found, Unfetched):
                raise found
            # Two services of one name could be taken for each other.
            if (owner := taken.get(found.entity_id, name)) != name and owner in self.services:
                raise Unfetched(f"its entityID is that of service {owner}")
            outcome = take(before, found, now, seconds)
        except (Unfetched, Unreadable) as error:
            outcome = fail(before, str(error), now)
        if await tx.service_metadata.replace(outcome.metadata, before):
            taken[outcome.metadata.entity_id] = name
            await write_down(tx, self.tenant, outcome, now, was=before.failure)
        return outcome


def _names(versions: Mapping[str, MetadataVersion]) -> dict[str, str]:
    return {each.entity_id: each.service for each in versions.values() if each.entity_id}


def _batches(names: Sequence[str]) -> Iterable[Sequence[str]]:
    """A writer must not keep others waiting for thousands."""
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))


def _is_news(settings: ServiceMetadata, known: MetadataVersion | None) -> bool:
    if known is None or known.source != settings.source:
        return True
    return settings.entity is not None and settings.entity.digest not in (known.digest, known.pending_digest)


def _chosen(found: Mapping[str, Entity], entity_id: str | None) -> Entity | Unfetched:
    if entity_id is None:
        return next(iter(found.values()), Unfetched("the metadata have no entity"))
    return found.get(entity_id, Unfetched(f"the metadata have no entity {entity_id}"))
