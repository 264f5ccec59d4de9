"""The file of the database: deleted, replaced, damaged, copied, wanted by two servers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage
from storage import Storage, StorageError, StorageUnwritable
from storage.claim import lock_of
from storage.sqlite_file import Place
from tests.browser import Browser
from tests.faults.one_node_server import Node
from tests.people import PATTERN, Person
from tests.relying_party import RelyingParty
from tests.server import eventually
from tests.storage.embedded import path, store
from tests.storage.examples import add_user, user_names

__all__ = ["path", "store"]

ANNA = Person("anna", pattern=PATTERN)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = Node(tmp_path_factory.mktemp("file") / "node").prepare()
    try:
        yield one.start()  # type: ignore[misc]
    finally:
        one.stop()


def refused(node: Node, said: Path) -> str:
    """What a start says that fails."""
    said.unlink(missing_ok=True)
    assert node.command("serve", streams=(Path("/dev/null"), said, said)).wait(60) == 1
    return said.read_text()


def test_a_second_server_is_refused_and_the_first_goes_on(node: Node, tmp_path: Path) -> None:
    assert "another server works on it, process" in refused(node, tmp_path / "said")
    assert node.health()[0] == 200


async def test_a_copy_made_while_it_runs_knows_all_that_was_acknowledged(node: Node, tmp_path: Path) -> None:
    """As docs/reliability.md says how: SQLite's own copy, which waits for nobody and lets nobody wait."""
    copy = tmp_path / "copy.db"
    async with Browser() as browser:
        held = (
            await RelyingParty(browser, node.url, scope="openid offline_access").login(ANNA)
        ).refresh_token
    node.cli("user", "add", "kept")
    source, target = sqlite3.connect(f"file:{node.database}?mode=ro", uri=True), sqlite3.connect(copy)
    with source, target:
        source.backup(target)
    assert target.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert target.execute("SELECT count(*) FROM users WHERE username = 'kept'").fetchone() == (1,)
    assert held and target.execute("SELECT count(*) FROM tokens WHERE kind = 'refresh'").fetchone() == (1,)
    source.close()
    target.close()


async def test_a_file_that_was_deleted_is_told_and_never_made_anew(node: Node, tmp_path: Path) -> None:
    away = tmp_path / "away.db"
    node.database.rename(away)
    try:
        await eventually(lambda: node.health()[0] == 503)
        await eventually(
            lambda: any("was deleted or replaced" in each for each in node.health()[1]["notices"])
        )
        async with Browser() as browser:
            page = await browser.get(f"{node.url}/", headers={"Accept": "text/html"})
        assert page.status == 503 and page.headers["Retry-After"] == "30"
        node.kill_all()
        assert "the database is gone: put it back from a backup" in refused(node, tmp_path / "said")
        assert not node.database.exists()
    finally:
        away.rename(node.database)
    node.launch()
    async with Browser() as browser:
        await RelyingParty(browser, node.url).login(ANNA)


def test_a_damaged_file_ends_the_start_with_words(node: Node, tmp_path: Path) -> None:
    node.stop()
    whole = node.database.read_bytes()
    said = tmp_path / "said"
    try:
        for damaged in (b"no database" + whole[11:], whole[:5000]):
            node.database.write_bytes(damaged)
            words = refused(node, said)
            assert "the file is damaged, restore it from a backup" in words, words
            assert "Traceback" not in words
    finally:
        node.database.write_bytes(whole)
    node.launch()


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
async def test_nothing_is_acknowledged_in_a_file_that_nobody_will_find(
    store: Storage, path: Path, tmp_path: Path, end: str
) -> None:
    await add_user(store, 1)
    file = path.with_name(f"{path.name}{end}")
    file.rename(tmp_path / "away")
    with pytest.raises(StorageUnwritable, match="was deleted or replaced"):
        await add_user(store, 2)
    with pytest.raises(StorageUnwritable, match="was deleted or replaced"):
        await store.check()
    file.write_bytes(b"")  # another
    with pytest.raises(StorageUnwritable, match="was deleted or replaced"):
        await add_user(store, 2)
    (tmp_path / "away").rename(file)
    await add_user(store, 3)
    assert await user_names(store) == {"user1", "user3"}


async def test_a_disk_without_room_is_known_before_anybody_writes() -> None:
    with pytest.raises(StorageUnwritable, match="no room left on its disk"):
        Place(Path("/proc/database")).check_room()  # where there never is any


def test_the_file_is_made_once(path: Path) -> None:
    claim = storage.claim(f"sqlite:{path}")
    assert claim is not None and path.exists() and lock_of(path).exists()
    path.unlink()
    with pytest.raises(StorageError, match=r"the database is gone.*masugata\.db\.lock"):
        asyncio.run(storage.open(f"sqlite:{path}"))
    lock_of(path).unlink()
    assert storage.claim(f"sqlite:{path}") is not None
    assert path.exists()


def test_a_database_that_many_may_use_is_nobodys() -> None:
    assert storage.claim("postgresql://masugata@/idp") is None
