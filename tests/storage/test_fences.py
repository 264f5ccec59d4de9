"""PostgreSQL's second fence between tenants: row-level security, for the owner of the tables too."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg2
import pytest

from storage import Storage
from storage.postgres import PostgresLink
from tests.postgres import postgres_store
from tests.storage.examples import USER, add_login

__all__ = ["postgres_store"]


async def raw(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """What a connection of ours sees if it goes around the repositories."""

    def run() -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(url)
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def test_raw_sql_without_the_right_setting_sees_and_writes_nothing(
    store: Storage, postgres_url: str
) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
    count = "SELECT count(*) FROM users"
    assert await raw(postgres_url, count) == [(0,)]
    assert await raw(postgres_url, "SET masugata.tenant = 'other'", count) == [(0,)]
    assert await raw(postgres_url, "SET masugata.tenant = 'acme'", count) == [(1,)]
    smuggle = "INSERT INTO data_keys VALUES ('acme', 1, '', 0) RETURNING 1"
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        await raw(postgres_url, "SET masugata.tenant = 'other'", smuggle)


async def test_every_table_is_fenced_and_sorts_by_bytes(store: Storage, postgres_url: str) -> None:
    unfenced = """
        SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND NOT (relrowsecurity AND relforcerowsecurity)"""
    assert await raw(postgres_url, unfenced) == [("schema_version",)]
    unsorted = """
        SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_version'
        AND atttypid = 'text'::regtype AND attcollation <> '"C"'::regcollation"""
    assert await raw(postgres_url, unsorted) == [(0,)]


async def test_the_setting_does_not_outlive_its_transaction(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
    async with store.snapshot("acme") as tx:
        assert await tx.users.find("u1") == USER
    for pool in (store._writers, store._readers):  # type: ignore[attr-defined]
        link = PostgresLink(pool)
        rows = await link.send([("SELECT count(*) FROM users", None)])
        link.release()
        assert rows == [(0,)]
