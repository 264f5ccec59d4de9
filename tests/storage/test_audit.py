"""`storage.contract.Audit`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage import Storage
from storage.person_keys import DAY_SECONDS
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


async def test_attempts_are_paged_oldest_first_within_their_time(store: Storage) -> None:
    """Ids begin with the time; an event of another kind, or out of the span, is not among them."""
    events = ("login.accepted", "login.denied", "proof.refused", "login.denied")
    made = [
        replace(AUDIT, id=f"{NOW + at:010x}{at:022x}", at=NOW + at, event=event)
        for at, event in enumerate(events)
    ]
    async with store.transaction("acme") as tx:
        for record in reversed(made):
            await tx.audit.add(record, {"amr"})
        first = await tx.audit.attempts(NOW, NOW + 9, limit=2)
        rest = await tx.audit.attempts(NOW, NOW + 9, first[-1].id, 2)
        assert [*first, *rest] == [made[0], made[1], made[3]]
        assert await tx.audit.attempts(NOW + 1, NOW + 3) == [made[1]]


async def test_what_is_of_a_person_is_read_until_he_is_erased(store: Storage) -> None:
    """THREAT_MODEL.md 31: Erasing a person keeps the proof, and nothing else of him: what comes later is not kept."""
    record = replace(AUDIT, details={"amr": ["pwd"], "username": "alice", "agent": "Firefox"})
    async with store.transaction("acme") as tx:
        await tx.audit.add(record, {"username", "agent"})
        assert await tx.audit.list() == [record]
        assert await tx.person_keys.erase("u1", NOW) and not await tx.person_keys.erase("u1", NOW)
        await tx.audit.add(replace(record, id="0002"), {"username", "agent"})
    left = replace(record, address="", details={"amr": ["pwd"]})
    async with store.snapshot("acme") as tx:
        assert await tx.audit.list() == [replace(left, id="0002"), replace(left, is_erased=True)]
        assert await tx.person_keys.find("u1") is None


async def test_what_nobody_known_typed_goes_with_the_key_of_its_day(store: Storage) -> None:
    """The address stays, since it is nobody's; the names of other days stay as well."""
    typed = replace(AUDIT, user_id=None, details={"username": "alise"})
    later = replace(typed, id="0009", at=NOW + DAY_SECONDS)
    async with store.transaction("acme") as tx:
        await tx.audit.add(typed, {"username"})
        await tx.audit.add(later, {"username"})
    async with store.transaction("acme") as tx:
        assert await tx.person_keys.delete_days(NOW) == 0
        assert await tx.person_keys.delete_days(NOW + DAY_SECONDS) == 1
        assert await tx.audit.list() == [later, replace(typed, details={}, is_erased=True)]


async def test_only_known_fields_can_be_asked_for(store: Storage) -> None:
    async with store.snapshot("acme") as tx:
        with pytest.raises(KeyError):
            await tx.audit.list(details="x")
