"""What services publish about themselves, and what of it an administrator lets be true: record and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PublishedMetadata:
    """The metadata of one service. Times are epoch seconds; the empty document is none at all.

    `pending` is what was found last, if it waits for an administrator's consent.
    """

    service: str
    source: str  # where it is looked for, as the configuration says
    entity_id: str = ""
    document: bytes = b""  # what is in force
    digest: str = ""
    valid_until: int | None = None
    accepted_at: int | None = None
    pending: bytes = b""
    pending_digest: str = ""
    pending_valid_until: int | None = None
    pending_at: int | None = None
    fetched_at: int | None = None  # when it was last found, changed or not
    due_at: int | None = None  # when to look again; None: never, it comes with the configuration
    failure: str = ""  # why the last look found nothing
    ends_at: int | None = None  # the first end of a certificate or of its validity
    ending: str = ""  # what ends then
    told_days: int | None = None  # so many days before it was last told about


@dataclass(frozen=True, slots=True)
class MetadataVersion:
    """As much of one as shows whether it has changed."""

    service: str
    source: str
    entity_id: str
    digest: str
    valid_until: int | None
    pending_digest: str


class ServiceMetadata(Protocol):
    """The metadata of one tenant's services."""

    async def add(self, metadata: PublishedMetadata) -> bool:
        """False if there is one of that service already."""

    async def find(self, service: str) -> PublishedMetadata | None: ...
    async def list(self, after: str = "", limit: int = 100) -> Sequence[PublishedMetadata]:
        """By service, those after `after`."""

    async def versions(self) -> Mapping[str, MetadataVersion]:
        """All, by service."""

    async def replace(self, metadata: PublishedMetadata, before: PublishedMetadata) -> bool:
        """Only while its source and documents are those of `before`: of many changes at once, one gets True."""

    async def next_due(self) -> int | None:
        """When the first is to be looked for again."""

    async def claim(self, now: int, until: int) -> Sequence[PublishedMetadata]:
        """All of one source that is due, due again at `until`. Of many nodes, one gets them."""

    async def list_ending(self, before: int) -> Sequence[PublishedMetadata]:
        """Those of which something ends before, without their documents; first first."""

    async def tell(self, service: str, days: int) -> bool:
        """Somebody is told now so many days before the end; False if that, or less, was told already."""

    async def delete(self, service: str) -> bool: ...
