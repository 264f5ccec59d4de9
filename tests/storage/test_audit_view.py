"""`storage.audit_view`: what administrators read, a bounded part of the log at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

import storage
from storage import Storage
from storage.audit_view import Sought
from storage.records import AuditRecord
from storage.sql.audit_view import APPLIED, OF_ALL, OF_USER, WINDOWED
from tests.storage.examples import NOW


def login(number: int, event: str = "login.accepted", **told: str) -> AuditRecord:
    user_id, service = told.pop("user_id", "u1"), told.pop("service", "wiki")
    at = NOW + number
    return AuditRecord(f"{at:010x}{at:024x}", at, event, user_id, service, details={"door": "oidc", **told})


MADE = [
    login(0, rule="staff"),
    login(1, "login.denied", user_id="u2", rule='night "100%"'),
    login(2, "token.issued"),
    login(3, "proof.refused", user_id="u2", service="vpn", door="radius"),
    login(4, rule="Staff"),
    login(5, "proof.locked", service="vpn"),
]


async def fill(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for each in MADE:
            await tx.audit.add(each)
    async with store.transaction("other") as tx:
        await tx.audit.add(replace(MADE[0], details={}))


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(), [5, 4, 3, 1, 0]),
        (Sought(user_id="u2"), [3, 1]),
        (Sought(user_id="nobody"), []),
        (Sought(service="vpn"), [5, 3]),
        (Sought(event="login.accepted"), [4, 0]),
        (Sought(door="radius"), [3]),
        (Sought(rule="staff"), [0]),
        (Sought(rule='night "100%"'), [1]),
        (Sought(rule="night%"), []),
        (Sought(since=NOW + 3), [5, 4, 3]),
        (Sought(user_id="u1", service="wiki", event="login.accepted", since=NOW + 1), [4]),
    ],
)
async def test_logins_are_found_by_what_they_were(store: Storage, sought: Sought, found: list[int]) -> None:
    """Letters, signs of patterns and quotes count as they are, on every database."""
    await fill(store)
    async with store.snapshot("acme") as tx:
        assert await tx.audit_view.logins(sought, "", 10) == ([MADE[each] for each in found], "")


async def test_so_many_are_looked_at_and_one_goes_on_behind_them(store: Storage) -> None:
    """However few of them fit."""
    await fill(store)
    wanted, found, before = Sought(service="wiki"), [], ""
    async with store.snapshot("acme") as tx:
        first = await tx.audit_view.logins(Sought(), "", 2)
        assert first == ([MADE[5], MADE[4]], MADE[4].id)
        assert (await tx.audit_view.logins(Sought(), first.next, 2)).records == [MADE[3], MADE[1]]
        steps = 0
        while steps == 0 or before:
            page, before = await tx.audit_view.logins(wanted, before, 10, window=1)
            found, steps = [*found, *page], steps + 1
        assert found == [MADE[4], MADE[1], MADE[0]] and steps == 6


async def test_configurations_that_were_applied_are_listed_newest_first(store: Storage) -> None:
    applied = [replace(login(each, "configuration.applied"), user_id=None, service="") for each in (7, 8)]
    await fill(store)
    async with store.transaction("acme") as tx:
        for each in applied:
            await tx.audit.add(each)
        assert await tx.audit_view.applied() == applied[::-1]
        assert await tx.audit_view.applied(applied[1].id, 5) == applied[:1]
        assert await tx.audit_view.applied(limit=1) == applied[1:]
    async with store.snapshot("other") as tx:
        assert await tx.audit_view.applied() == []


async def test_what_is_looked_at_is_chosen_by_an_index(tmp_path: object) -> None:
    """A log of years is not read to show one page of it."""
    store = await storage.open(f"sqlite:{tmp_path}/plan.db")
    try:
        await store.migrate()
        values = {"after": "", "before": "~", "window": 9, "user_id": "u1", "limit": 9}
        async with store.snapshot("acme") as tx:
            query = tx.audit._connection.query  # type: ignore[attr-defined]
            for statement, index in (
                (WINDOWED.format(span=OF_ALL), "audit_of_logins"),
                (WINDOWED.format(span=OF_USER), "audit_of_user"),
                (APPLIED, "audit_of_applied"),
            ):
                given = {name: value for name, value in values.items() if f":{name}" in statement}
                plan = " ".join(str(row) for row in await query(f"EXPLAIN QUERY PLAN {statement}", **given))
                assert index in plan and "TEMP B-TREE" not in plan, plan
    finally:
        await store.close()
