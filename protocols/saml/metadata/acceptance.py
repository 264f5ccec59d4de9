"""What becomes of metadata that were found: in force at once, or waiting until an administrator agrees."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from keys.certified_key import ends_at
from protocols.saml.metadata.description import describe
from protocols.saml.metadata.difference import Change, changes
from protocols.saml.metadata.reading import Entity
from protocols.saml.metadata.times import earliest
from protocols.saml.service_provider import ServiceProvider
from protocols.saml.xml import Unreadable
from storage.service_metadata import PublishedMetadata

SHORTEST_SECONDS: Final = 300  # whatever cacheDuration says, nobody is asked more often
RETRY_SECONDS: Final = 600

Result = Literal["unchanged", "accepted", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one service's metadata, and in which lines they differ from what was in force before."""

    result: Result
    metadata: PublishedMetadata
    changes: Sequence[Change] = ()


def take(before: PublishedMetadata, found: Entity, now: int, seconds: int | None) -> Outcome:
    """What was found beside what is in force; `seconds` until it is looked for again, None: never.

    Raises `Unreadable` for what cannot be used at all.
    """
    described = describe(found.document, found.valid_until)
    provider = described.provider
    if provider.valid_until is not None and provider.valid_until <= now:
        raise Unreadable("the metadata have expired")
    seen = replace(before, fetched_at=now, failure="", due_at=None)
    if seconds is not None:
        cached = earliest(seconds, found.cache_seconds, described.cache_seconds)
        seen = replace(seen, due_at=now + _about(max(cached or seconds, SHORTEST_SECONDS)))
    if found.digest == before.digest:  # also if something else was found meanwhile: it was taken back
        return Outcome("unchanged", _in_force(seen, found.document, provider, before.accepted_at))
    lines = changes(in_force(before), provider) if before.document else ()
    if not any(change.weakens for change in lines):
        result: Result = "accepted" if lines or not before.document else "unchanged"
        accepted_at = now if result == "accepted" else before.accepted_at
        return Outcome(result, _in_force(seen, found.document, provider, accepted_at), lines)
    is_new = not before.pending or bool(changes(pending(before), provider))
    waiting = replace(
        seen,
        pending=found.document,
        pending_digest=found.digest,
        pending_valid_until=provider.valid_until,
        pending_at=now if is_new else before.pending_at,
    )
    return Outcome("waiting" if is_new else "unchanged", waiting, lines)


def agree(before: PublishedMetadata, now: int) -> Outcome:
    """What waits comes into force."""
    provider = pending(before)
    lines = changes(in_force(before), provider) if before.document else ()
    return Outcome("accepted", _in_force(before, before.pending, provider, now), lines)


def fail(before: PublishedMetadata, reason: str, now: int) -> Outcome:
    """Nothing was found: what is in force stays in force until it expires."""
    due = None if before.due_at is None else now + _about(RETRY_SECONDS)
    return Outcome("failed", replace(before, failure=reason, due_at=due))


def in_force(metadata: PublishedMetadata) -> ServiceProvider:
    """The service provider that the accepted document describes."""
    return describe(metadata.document, metadata.valid_until).provider


def pending(metadata: PublishedMetadata) -> ServiceProvider:
    """The one that waits for consent."""
    return describe(metadata.pending, metadata.pending_valid_until).provider


def ending(provider: ServiceProvider) -> tuple[int | None, str]:
    """What ends first, and when (epoch seconds): of several certificates for one use the last counts."""
    ends = [
        (max(map(ends_at, certificates)), name)
        for certificates, name in (
            (provider.signing_certificates, "signing certificate"),
            (provider.encryption_certificates, "encryption certificate"),
        )
        if certificates
    ]
    if provider.valid_until is not None:
        ends.append((provider.valid_until, "validity"))
    return min(ends, key=lambda end: end[0], default=(None, ""))


def _in_force(
    seen: PublishedMetadata, document: bytes, provider: ServiceProvider, accepted_at: int | None
) -> PublishedMetadata:
    end, what = ending(provider)
    return replace(
        seen,
        entity_id=provider.entity_id,
        document=document,
        digest=Entity(provider.entity_id, document).digest,
        valid_until=provider.valid_until,
        accepted_at=accepted_at,
        pending=b"",
        pending_digest="",
        pending_valid_until=None,
        pending_at=None,
        ends_at=end,
        ending=what,
        told_days=seen.told_days if (end, what) == (seen.ends_at, seen.ending) else None,
    )


def _about(seconds: int) -> int:
    """A tenth sooner or later: the nodes of the world should not all look at once."""
    return int(seconds * random.uniform(0.9, 1.1))  # noqa: S311  nobody gains by foreseeing it
