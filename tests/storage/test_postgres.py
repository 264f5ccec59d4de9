"""What PostgreSQL adds to the contract: few round trips, timeouts, lost connections, silent errors."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
import traceback
from typing import Any
from urllib.parse import quote

import pytest

import storage
from storage import Storage, StorageError, StorageTimeout
from storage.postgres import PostgresLink
from storage.postgres_servers import places
from tests.postgres import PostgresServer, postgres_store
from tests.storage.examples import AUDIT, GRANT, INTERACTION, NOW, SESSION, USER, user

__all__ = ["postgres_store"]


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each round trip: how many statements travelled."""
    seen: list[int] = []
    send = PostgresLink.send

    async def spy(link: PostgresLink, statements: Any) -> Any:
        seen.append(len(statements))
        return await send(link, statements)

    monkeypatch.setattr(PostgresLink, "send", spy)
    return seen


async def test_statements_that_need_no_answer_travel_with_the_next(store: Storage, trips: list[int]) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.audit.add(
            dataclasses.replace(AUDIT, id="0000")
        )  # the first makes the key of that person's records
    trips.clear()
    async with store.transaction("acme") as tx:
        await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW)
        await tx.users.find(USER.id)  # with the key under which the audit record is sealed
        await tx.sessions.add(SESSION)
        await tx.grants.add(GRANT)
        await tx.audit.add(AUDIT)
    assert trips == [2, 1, 4]
    trips.clear()
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
        await tx.budgets.refund("alice")
    assert trips == [4]
    trips.clear()
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) == INTERACTION
    assert trips == [2]
    trips.clear()
    async with store.transaction("acme") as tx:
        await tx.commit()
    assert trips == []


async def blocked(url: str, option: str) -> None:
    """Two transactions want one row; the second is given up as `option` says."""
    impatient = await storage.open(f"{url}&options=-c%20{option}%3D200ms")
    try:
        async with impatient.transaction("acme") as first:
            await first.budgets.spend("alice", 5, 60, NOW)
            async with impatient.transaction("acme") as second:
                await second.budgets.spend("alice", 5, 60, NOW)
    finally:
        await impatient.close()


@pytest.mark.parametrize("option", ["statement_timeout", "lock_timeout"])
async def test_a_statement_that_takes_too_long_is_a_timeout_and_no_cancellation(
    store: Storage, postgres_url: str, option: str
) -> None:
    """libraries.md 4: aiopg raises SQLSTATE 57014 as CancelledError, and tells the loop's handler besides."""
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    with pytest.raises(StorageTimeout):
        await blocked(postgres_url, option)
    task = asyncio.current_task()
    assert task and not task.cancelling()
    assert noise == []
    async with store.transaction("acme") as tx:  # and nothing of either was kept
        assert (await tx.budgets.spend("alice", 5, 60, NOW)).failures == 1


async def test_a_real_cancellation_stays_one_and_keeps_nothing(store: Storage) -> None:
    async def wait_for_row() -> None:
        async with store.transaction("acme") as tx:
            await tx.users.add(user(2))
            await tx.budgets.spend("alice", 5, 60, NOW)

    async with store.transaction("acme") as tx:
        await tx.budgets.spend("alice", 5, 60, NOW)
        tasks = [asyncio.create_task(wait_for_row()) for _ in range(12)]  # more than the pool has
        await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 12
    async with asyncio.timeout(60), store.transaction("acme") as tx:
        assert (await tx.budgets.spend("alice", 5, 60, NOW)).failures == 2
        assert await tx.users.find("u2") is None


async def test_a_cancellation_in_the_moment_of_an_answer_is_not_lost(store: Storage) -> None:
    """Until Python 3.12 `wait_for`, with which aiopg waits, forgets it then (gh-86296): a node would not end."""

    async def read_on() -> None:
        while True:
            async with store.snapshot("acme") as tx:
                await tx.users.list()

    for tries in range(200):
        task = asyncio.create_task(read_on())
        await asyncio.sleep(0.002 + tries % 10 / 10_000)
        task.cancel()
        await asyncio.wait([task], timeout=60)
        assert task.cancelled(), f"{tries} were not lost"


async def test_after_lost_connections_the_pools_heal(
    store: Storage, postgres_server: PostgresServer, postgres_url: str
) -> None:
    kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'masugata'"
    with pytest.raises(StorageError):
        async with store.transaction("acme") as tx:
            await tx.users.add(USER)
            await asyncio.to_thread(postgres_server.run, kill)
            await tx.users.list()
    for _ in range(20):
        async with store.snapshot("acme") as tx:
            assert await tx.users.list() == []
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)


async def test_errors_quote_no_values(store: Storage) -> None:
    """THREAT_MODEL.md 33: what PostgreSQL says of a statement quotes its values, and must reach no log."""
    name = secrets.token_hex(4)  # not in the source, which a traceback quotes as well
    link = PostgresLink(store._readers)  # type: ignore[attr-defined]
    try:
        with pytest.raises(
            StorageError, match=r"42883: function no_such\(unknown\) does not exist"
        ) as caught:
            await link.send([("SELECT no_such(:name)", {"name": name})])
    finally:
        link.release()
    assert name in str(caught.value.__context__)
    assert name not in "".join(traceback.format_exception(caught.value))


async def test_a_placeholder_is_neither_a_cast_nor_a_percent_sign(store: Storage) -> None:
    link = PostgresLink(store._readers)  # type: ignore[attr-defined]
    try:
        assert await link.send([("SELECT :name::text || ' 100%s'", {"name": "a:b %(c)s"})]) == [
            ("a:b %(c)s 100%s",)
        ]
    finally:
        link.release()


async def test_close_ends_what_nobody_ended(store: Storage, postgres_url: str) -> None:
    lost = await storage.open(postgres_url)
    scope = lost.transaction("acme")
    tx = await scope.__aenter__()
    await tx.users.add(USER)
    async with asyncio.timeout(60):
        await lost.close()
    async with store.snapshot("acme") as tx:
        assert await tx.users.list() == []


async def test_a_server_that_is_not_there_is_an_error(tmp_path: Any) -> None:
    with pytest.raises(StorageError, match="PostgreSQL"):
        await storage.open(f"postgresql://masugata@/idp?host={tmp_path}")


@pytest.mark.parametrize("attributes", ["", "&target_session_attrs=read-write"])
async def test_of_several_servers_the_one_that_takes_writes_is_asked(
    postgres_server: PostgresServer, postgres_url: str, store: Storage, tmp_path: Any, attributes: str
) -> None:
    """Whichever stands first; our own sessions that only read must not refuse it."""
    here = quote(str(postgres_server.directory), safe="")
    away = quote(str(tmp_path), safe="")
    for order in (f"{away},{here}", f"{here},{away}"):
        opened = await storage.open(postgres_url.replace(f"host={here}", f"host={order}") + attributes)
        try:
            async with opened.transaction("acme") as tx:
                await tx.budgets.spend("alice", 5, 60, NOW)
            async with opened.snapshot("acme") as tx:
                assert await tx.budgets.find("alice") is not None
        finally:
            await opened.close()


async def test_each_server_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(StorageError, match=r"PostgreSQL: localhost:9: .*; localhost:10: .*"):
        await storage.open("postgresql://masugata@localhost:9,localhost:10/idp")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, [{}]),
        ({"host": "a"}, [{"host": "a"}]),
        ({"host": "a", "port": "1"}, [{"host": "a", "port": "1"}]),
        ({"host": "a,b", "port": "1"}, [{"host": "a", "port": "1"}, {"host": "b", "port": "1"}]),
        ({"host": "a,b", "port": "1,"}, [{"host": "a", "port": "1"}, {"host": "b"}]),
        ({"host": "a", "hostaddr": "::1"}, [{"host": "a", "hostaddr": "::1"}]),
    ],
)
def test_an_address_that_names_several_servers(given: dict[str, str], found: list[dict[str, str]]) -> None:
    """As libpq reads it (PostgreSQL manual, 34.1.1.3)."""
    assert places(given) == found


@pytest.mark.parametrize(
    "given", [{"host": "a,b,c", "port": "1,2"}, {"host": "a,b", "hostaddr": "::1"}, {"port": "1,2"}]
)
def test_an_address_in_which_servers_cannot_be_told_apart(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="names"):
        places(given)


async def test_what_time_it_is_where_the_database_is(store: Storage) -> None:
    before = time.time()
    there = await store.time()
    assert there is not None
    assert abs(there - before) < 60  # the same machine's


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
async def test_a_role_for_which_the_fence_is_none_is_told_of(
    postgres_server: PostgresServer, postgres_url: str, store: Storage, right: str
) -> None:
    """Row-level security holds neither for a superuser nor for a role with BYPASSRLS."""
    assert await store.warnings() == []
    role = f"free_{right.lower()}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN {right}")
    strong = await storage.open(postgres_url.replace("masugata@", f"{role}@"))
    try:
        (words,) = await strong.warnings()
        assert words.startswith(f"PostgreSQL: role {role} ")
    finally:
        await strong.close()
        postgres_server.run(f"DROP ROLE {role}")
