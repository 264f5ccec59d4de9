"""Whether PostgreSQL acknowledges what is written: what it is asked, and what that means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import storage
from idp import disk
from idp.monitoring.parts import STALLED
from storage import Storage, StorageUnwritable, acknowledging
from storage.acknowledging import Standing, read, wanted
from storage.postgres import PostgresLink, PostgresStorage
from storage.round_trip import SingleReads
from storage.sql import Scope
from tests.postgres import PostgresServer, postgres_store
from tests.server import eventually
from tests.storage.examples import USER

__all__ = ["postgres_store"]


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ("", 0), ("  ", 0), ("db2", 1), ("db2, db3", 1), ("*", 1), ('"2 (a)"', 1), ("2", 1),
        ("FIRST 2 (db2, db3, db4)", 2), ("any 1 (db2, db3)", 1), ("ANY 3(*)", 3), ("2 (db2, db3)", 2),
    ],
)  # fmt: skip
def test_how_many_standbys_a_commit_waits_for(names: str, count: int) -> None:
    """PostgreSQL manual, 20.6.2: synchronous_standby_names."""
    assert wanted(names) == count


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing("", "on", False, 0, 0, 0), ""),
        (Standing("db2", "on", True, 1, 1, 0), ""),
        (Standing("db2", "on", True, 1, 0, 0), "(0 of 1 there)"),  # one follows that does not count
        (Standing("ANY 2 (a, b)", "on", True, 2, 1, 0), "(1 of 2 there)"),
        (Standing("db2", "on", False, 1, 0, 0), ""),  # that it is the one nobody tells us
        (Standing("db2", "on", False, 1, 0, 1), "waits for a synchronous standby; bring"),
        (Standing("db2", "on", False, 0, 0, 0), "(0 of 1 there)"),
        (Standing("db2", "local", False, 0, 0, 0), ""),
        (Standing("db2", "off", True, 0, 0, 0), ""),
    ],
)
def test_what_that_means(standing: Standing, words: str) -> None:
    assert words in standing.words and bool(standing.words) == bool(words)


@contextmanager
def waiting_for_a_standby(server: PostgresServer) -> Iterator[None]:
    """While the block runs, the server acknowledges nothing, to whoever else uses it either."""
    reload = "SELECT pg_reload_conf()"
    server.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.run(reload)
    try:
        yield
    finally:
        server.run("ALTER SYSTEM RESET synchronous_standby_names")
        server.run(reload)


async def test_a_primary_that_waits_for_a_standby_is_told_of_until_it_goes_on(
    postgres_server: PostgresServer, store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the role as whom we enter, which sees little of others; in health's notices."""
    assert isinstance(store, PostgresStorage)
    monkeypatch.setattr(disk, "LOOK_SECONDS", 0.05)
    provider: Any = SimpleNamespace(storage=store, notices={})

    async def standing() -> Standing:
        async with Scope(reads := SingleReads(PostgresLink(store._readers), "")):
            return await read(reads, patience=0.0)

    async def until_it_waits() -> None:
        async with asyncio.timeout(60):
            while True:
                if (await standing()).waiting:
                    return
                await asyncio.sleep(0.01)

    async def write() -> None:
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)

    async with disk.watching(provider):
        await eventually(lambda: provider.notices.get(STALLED) == ())
        with waiting_for_a_standby(postgres_server):
            await eventually(lambda: provider.notices[STALLED])
            assert "(0 of 1 there)" in provider.notices[STALLED][0]
            assert provider.notices["storage"] == (), "it can be read, so no node is worse than another"
            writing = asyncio.create_task(write())
            await until_it_waits()
            assert not writing.done()
        await writing
        await eventually(lambda: provider.notices[STALLED] == ())
    assert not (await standing()).is_told


def name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@asynccontextmanager
async def read_only(server: PostgresServer, url: str) -> AsyncIterator[Storage]:
    """The database as it is for whoever connects now."""
    name = name_of(url)
    server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    opened = await storage.open(url)
    try:
        yield opened
    finally:
        await opened.close()
        server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")


async def test_one_that_is_read_only_is_told_of(
    postgres_server: PostgresServer, postgres_url: str, store: Storage
) -> None:
    assert await store.stalled() == ""
    async with read_only(postgres_server, postgres_url) as opened:
        await opened.check()
        assert await opened.stalled() == acknowledging.IS_READ_ONLY
        with pytest.raises(StorageUnwritable, match="set default_transaction_read_only to off"):
            async with opened.transaction("acme") as tx:
                await tx.users.add(USER)
    assert await store.stalled() == ""


async def test_that_all_who_write_are_busy_means_nothing(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, PostgresStorage)
    monkeypatch.setattr(acknowledging, "PROBE_SECONDS", 0.05)
    lent = [await store._writers.acquire() for _ in range(8)]
    assert await store.stalled() == ""
    for each in lent:
        store._writers.release(each)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)


async def test_where_nobody_who_writes_is_let_in_it_is_said(
    postgres_server: PostgresServer, postgres_url: str, store: Storage
) -> None:
    assert isinstance(store, PostgresStorage)
    await store.check()  # by a connection that stays
    postgres_server.run(f"ALTER DATABASE {name_of(postgres_url)} ALLOW_CONNECTIONS false")
    writer = await store._writers.acquire()
    writer.close()
    store._writers.release(writer)
    await store.check()
    assert await store.stalled() == acknowledging.LETS_NOBODY_IN
