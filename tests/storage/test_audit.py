"""`storage.contract.Audit`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage import Storage
from storage.records import AuditRecord
from tests.storage.examples import AUDIT, NOW

BARE = AuditRecord("0002", NOW, "server.started")
OTHER = replace(AUDIT, id="0003", user_id="u2", service="wiki", event="login.rejected", reference="ZZZZ")


async def test_records_come_back_newest_first_in_pages(store: Storage) -> None:
    mixed = [replace(BARE, id=f"01{letter}") for letter in "-09AZ_az"]
    async with store.transaction("acme") as tx:
        for record in (*mixed, BARE, AUDIT, OTHER):
            await tx.audit.add(record)
        page = await tx.audit.list(limit=4)
        rest = await tx.audit.list(before=page[-1].id)
    assert [r.id for r in (*page, *rest)] == [r.id for r in (*reversed(mixed), OTHER, BARE, AUDIT)]
    assert rest[-1] == AUDIT and rest[-2] == BARE


@pytest.mark.parametrize(
    "equal",
    [{"user_id": "u1"}, {"service": "mail"}, {"event": "login.accepted"}, {"reference": "KX7P"}],
    ids=lambda equal: next(iter(equal)),
)
async def test_records_are_found_by_what_they_say(store: Storage, equal: dict[str, Any]) -> None:
    again = replace(AUDIT, id="0004")
    async with store.transaction("acme") as tx:
        for record in (AUDIT, BARE, OTHER, again):
            await tx.audit.add(record)
        assert await tx.audit.list(**equal) == [again, AUDIT]
        assert await tx.audit.list("0004", 9, **equal) == [AUDIT]


async def test_conditions_add_up(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.audit.add(AUDIT)
        await tx.audit.add(OTHER)
        assert await tx.audit.list(user_id="u2", service="wiki") == [OTHER]
        assert await tx.audit.list(user_id="u2", service="mail") == []


async def test_any_of_several_events_may_be_asked_for(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for record in (AUDIT, BARE, OTHER):
            await tx.audit.add(record)
        both = await tx.audit.list(events=(AUDIT.event, OTHER.event, "login.denied"))
        assert both == [OTHER, AUDIT] and BARE.event not in (AUDIT.event, OTHER.event)
        assert await tx.audit.list(events=(AUDIT.event, OTHER.event), user_id="u2") == [OTHER]
        assert await tx.audit.list(events=("login.denied",)) == []


async def test_only_known_fields_can_be_asked_for(store: Storage) -> None:
    async with store.snapshot("acme") as tx:
        with pytest.raises(KeyError):
            await tx.audit.list(details="x")
