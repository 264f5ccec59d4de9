"""Requests within a window, each counted once, on both databases; sessions that end earlier than they would have."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage import Storage
from tests.storage.examples import NOW, SESSION, USER

pytestmark = pytest.mark.both_stores


async def test_a_window_begins_with_its_first_request_and_ends_by_itself(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.requests.find("a", NOW) == 0
        assert [await tx.requests.add("a", 60, NOW + second) for second in (0, 30, 59)] == [1, 2, 3]
        assert await tx.requests.add("b", 60, NOW) == 1
        assert await tx.requests.find("a", NOW + 59) == 3
        assert await tx.requests.find("a", NOW + 60) == 0
        assert await tx.requests.add("a", 60, NOW + 60) == 1
        assert await tx.requests.find("a", NOW + 119) == 1


async def test_of_many_at_once_each_has_a_number_of_its_own(store: Storage) -> None:
    async def count() -> int:
        async with store.transaction("acme") as tx:
            return await tx.requests.add("a", 60, NOW)

    assert sorted(await asyncio.gather(*(count() for _ in range(10)))) == [*range(1, 11)]


async def test_what_is_over_is_swept_and_what_is_not_stays(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.requests.add("a", 60, NOW)
        await tx.requests.add("b", 90, NOW)
    assert await store.sweep("acme", NOW + 60) == 1
    async with store.transaction("acme") as tx:
        assert await tx.requests.find("b", NOW + 60) == 1


async def test_a_session_may_end_earlier_and_never_later(store: Storage) -> None:
    ends = SESSION.expires_at
    async with store.transaction("acme") as tx:
        await tx.users.add(replace(USER, id=SESSION.user_id))
        await tx.sessions.add(SESSION)
        await tx.sessions.shorten(SESSION.id_hash, ends - 10)
        await tx.sessions.shorten(SESSION.id_hash, ends - 5)
        assert await tx.sessions.find(SESSION.id_hash, ends - 11) == replace(SESSION, expires_at=ends - 10)
        assert await tx.sessions.find(SESSION.id_hash, ends - 10) is None
