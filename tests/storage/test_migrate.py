"""Migrations: applied once, in order, unchanged, and never to a database from the future."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import storage
from storage import Storage, StorageError
from storage.migrate import Migration, migrations, missing

FIRST = Migration("0001_first", "CREATE TABLE a (x TEXT)")
SECOND = Migration("0002_second", "CREATE TABLE b (x TEXT)")


@pytest.fixture(params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a table."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/masugata.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_what_is_not_applied_is_missing_in_order() -> None:
    assert missing([FIRST, SECOND], []) == [FIRST, SECOND]
    assert missing([FIRST, SECOND], [(FIRST.name, FIRST.checksum)]) == [SECOND]


def test_a_database_newer_than_the_program_is_refused() -> None:
    with pytest.raises(StorageError, match=r"newer than this program: it has 0002_second"):
        missing([FIRST], [(FIRST.name, FIRST.checksum), (SECOND.name, SECOND.checksum)])


def test_a_text_that_was_changed_after_it_was_applied_is_refused() -> None:
    with pytest.raises(StorageError, match="0001_first was changed"):
        missing([FIRST], [(FIRST.name, SECOND.checksum)])


def test_each_dialect_has_its_own_and_the_shared_ones() -> None:
    shared = [migration.name for migration in migrations("sqlite")]
    assert shared[0] == "0001_foundation"
    assert set(shared) < {migration.name for migration in migrations("postgresql")}
    assert "0002_fences" not in shared


async def test_migrate_applies_once_what_pending_names(storage_url: str) -> None:
    store = await storage.open(storage_url)
    with pytest.raises(StorageError):
        await store.check()
    pending = await store.pending()
    assert pending[0] == "0001_foundation"
    assert await store.pending() == pending  # asking changes nothing
    assert await store.migrate() == pending
    assert await store.migrate() == []
    assert await store.pending() == []
    await store.close()


async def test_of_several_nodes_that_migrate_at_once_one_does(storage_url: str) -> None:
    stores: list[Storage] = [await storage.open(storage_url) for _ in range(4)]
    applied = await asyncio.gather(*(store.migrate() for store in stores))
    assert sorted(len(names) for names in applied)[:3] == [0, 0, 0]
    assert max(len(names) for names in applied) >= 1
    for store in stores:
        await store.check()
        await store.close()


async def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown scheme 'mysql'"):
        await storage.open("mysql://localhost/idp")
