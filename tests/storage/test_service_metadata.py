"""`storage.service_metadata.ServiceMetadata`."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.service_metadata import MetadataVersion, PublishedMetadata
from tests.storage.examples import LATER, NOW, PUBLISHED

DUE = NOW + 5


async def test_metadata_come_back_as_they_were_added(store: Storage) -> None:
    empty = PublishedMetadata("mail", "mail.xml")
    async with store.transaction("acme") as tx:
        assert await tx.service_metadata.add(PUBLISHED) is True
        assert await tx.service_metadata.add(replace(empty, service="wiki")) is False
        assert await tx.service_metadata.add(empty) is True
        assert await tx.service_metadata.find("wiki") == PUBLISHED
        assert await tx.service_metadata.find("mail") == empty
        assert await tx.service_metadata.find("files") is None
        assert await tx.service_metadata.list() == [empty, PUBLISHED]
        assert await tx.service_metadata.list(after="mail", limit=1) == [PUBLISHED]
        assert await tx.service_metadata.versions() == {
            "mail": MetadataVersion("mail", "mail.xml", "", "", None, ""),
            "wiki": MetadataVersion(
                "wiki", PUBLISHED.source, PUBLISHED.entity_id, "d1", PUBLISHED.valid_until, "d2"
            ),
        }
    async with store.snapshot("other") as tx:
        assert await tx.service_metadata.versions() == {}


async def test_they_are_replaced_only_by_who_has_seen_what_is_there(store: Storage) -> None:
    """Of two nodes that found something new, and an administrator who agrees to what was there: one."""
    changed = replace(PUBLISHED, document=b"<new/>", digest="d3", pending=b"", pending_digest="")
    async with store.transaction("acme") as tx:
        await tx.service_metadata.add(PUBLISHED)
        for stale in ({"source": "x"}, {"digest": "x"}, {"pending_digest": "x"}):
            assert await tx.service_metadata.replace(changed, replace(PUBLISHED, **stale)) is False  # type: ignore[arg-type]
        assert await tx.service_metadata.replace(changed, PUBLISHED) is True
        assert await tx.service_metadata.replace(changed, PUBLISHED) is False
        assert await tx.service_metadata.find("wiki") == changed


async def test_what_is_due_is_claimed_once_with_all_of_its_source(store: Storage) -> None:
    """An aggregate is fetched once for all of its services."""
    federation = [replace(PUBLISHED, service=name, source="https://fed/", due_at=DUE) for name in "abc"]
    federation[2] = replace(federation[2], due_at=LATER)
    rest = [replace(PUBLISHED, due_at=DUE + 1), replace(PUBLISHED, service="file", due_at=None)]
    async with store.transaction("acme") as tx:
        assert await tx.service_metadata.next_due() is None
        for each in (*rest, *federation):
            await tx.service_metadata.add(each)
        assert await tx.service_metadata.next_due() == DUE
        assert await tx.service_metadata.claim(DUE - 1, LATER) == []
        claimed = await tx.service_metadata.claim(DUE + 1, LATER)
        assert sorted(claimed, key=lambda each: each.service) == [
            replace(each, due_at=LATER) for each in federation[:2]
        ]
        assert [each.service for each in await tx.service_metadata.claim(DUE + 1, LATER)] == ["wiki"]
        assert await tx.service_metadata.claim(DUE + 1, LATER) == []


async def test_an_end_is_told_once_for_each_threshold(store: Storage) -> None:
    fresh = replace(PUBLISHED, told_days=None)
    async with store.transaction("acme") as tx:
        await tx.service_metadata.add(fresh)
        await tx.service_metadata.add(replace(fresh, service="endless", ends_at=None))
        assert await tx.service_metadata.list_ending(LATER) == []
        assert await tx.service_metadata.list_ending(LATER + 1) == [replace(fresh, document=b"", pending=b"")]
        told = [await tx.service_metadata.tell("wiki", days) for days in (30, 30, 7, 30, 7, 1)]
        assert told == [True, False, True, False, False, True]


async def test_deleted_metadata_are_gone(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.service_metadata.add(PUBLISHED)
        assert await tx.service_metadata.delete("wiki") is True
        assert await tx.service_metadata.delete("wiki") is False
        assert await tx.service_metadata.find("wiki") is None
