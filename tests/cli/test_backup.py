"""`idp backup`: written, looked at, put back; and refused where that would be wrong."""

from __future__ import annotations

import os
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.backup.generations import prune
from keys.stream import CHUNK_BYTES
from storage.copies import check_known
from storage.migrate import migrations
from tests.cli.conftest import Office
from tests.cli.test_chain import link
from tests.postgres import PostgresServer

SEALED_BYTES = CHUNK_BYTES + 16
READER = "masugata_backup"


@pytest.fixture
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture
def kept(office: Office) -> Office:
    """alice and bob were added, and the log of that is linked."""
    for name in ("alice", "bob"):
        office.run("user", "add", name)
    link(office)
    return office


def create(office: Office, target: Path, *words: str) -> Path:
    """A backup made now; where its name is taken, under another."""
    said = office.run("backup", "create", str(target), *words).stdout
    found = re.match(r"written (\S+), sealed under master key [0-9a-f]{16}\n", said)
    assert found, said
    return Path(found[1])


def move_away(office: Office) -> None:
    for path in (office.folder / "var").glob("masugata.db*"):
        path.unlink()


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_backup_is_written_looked_at_and_put_back(kept: Office, target: Path) -> None:
    file = create(kept, target)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"alice" not in file.read_bytes()
    before = everything(kept.folder)
    said = kept.run("backup", "verify", str(file)).stdout
    assert said.endswith("acme: 2 users, its audit log is whole up to record 2\n") and "whole: of " in said
    assert everything(kept.folder) == before and everything(target) == {file.name}
    kept.run("user", "add", "carol")
    people = kept.rows("user", "list")[:2]
    move_away(kept)
    assert "restored the database of 2" in kept.run("backup", "restore", str(file), "--yes").stdout
    assert (kept.folder / "var/masugata.db").stat().st_mode & 0o777 == 0o600
    assert kept.rows("user", "list") == people
    assert kept.run("audit", "verify").stdout == "whole: records 1 to 2\n"


def test_what_is_there_is_never_overwritten(kept: Office, target: Path) -> None:
    file, database = create(kept, target), kept.folder / "var/masugata.db"
    said = kept.run("backup", "restore", str(file), "--yes", status=1).stderr
    assert f"{database} is there" in said and "move it away" in said
    assert [row["username"] for row in kept.rows("user", "list")] == ["alice", "bob"]
    move_away(kept)
    log = database.with_name("masugata.db-wal")
    log.write_bytes(b"of another")
    assert "left of a database" in kept.run("backup", "restore", str(file), "--yes", status=1).stderr
    assert everything(database.parent) == {"master.key", log.name}
    log.unlink()
    kept.run("backup", "restore", str(file), status=1)  # nobody confirmed
    assert not database.exists()


def test_every_damage_is_refused_before_anything_is_done(kept: Office, target: Path) -> None:
    file = create(kept, target)
    move_away(kept)
    whole = file.read_bytes()
    body = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    chunks = [whole[at : at + SEALED_BYTES] for at in range(body, len(whole), SEALED_BYTES)]
    assert len(chunks) > 3
    first, second, *rest = chunks
    head = whole[:body]
    damaged = {
        "swapped": head + second + first + b"".join(rest),
        "left out": head + first + b"".join(rest),
        "appended": whole + b"\0",
        "a chunk appended": whole + first,
        "another date": whole.replace(b'"at": "2', b'"at": "3', 1),
        "another schema": whole.replace(b'"schema": "00', b'"schema": "99', 1),
        "no head": whole[body:],
        "half a head": whole[: body // 2],
        "nothing": b"",
        "nothing in it": head,
        "another key": re.sub(rb'"data_key": "......', b'"data_key": "AQAAAAAA', whole, count=1),
        **{f"cut before chunk {n}": head + b"".join(chunks[:n]) for n in range(len(chunks))},
        **{
            f"a bit of byte {at}": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            for at in (0, body - 1, body, body + SEALED_BYTES - 1, len(whole) // 2, len(whole) - 1)
        },
    }
    before = everything(kept.folder)
    for how, content in damaged.items():
        file.write_bytes(content)
        said = kept.run("backup", "restore", str(file), "--yes", status=1).stderr
        assert said.startswith("Error: ") and said.count("\n") == 1, (how, said)
        assert everything(kept.folder) == before, how
    file.write_bytes(whole)
    assert "restored" in kept.run("backup", "restore", str(file), "--yes").stdout


def test_another_master_key_is_named_and_none_is_made(kept: Office, target: Path) -> None:
    """THREAT_MODEL.md 30: Of a stolen backup too."""
    file, key = create(kept, target), kept.folder / "var/master.key"
    own = key.read_bytes()
    key.unlink()
    assert "put it back from its safe place" in kept.run("backup", "verify", str(file), status=1).stderr
    assert not key.exists()
    key.write_text("A" * 43 + "=\n")
    key.chmod(0o600)
    said = kept.run("backup", "verify", str(file), status=1).stderr
    assert re.search(r"sealed under master key [0-9a-f]{16}, and the configuration names [0-9a-f]{16}", said)
    key.write_bytes(own)
    kept.run("backup", "verify", str(file))


def test_generations_go_when_the_new_one_is_there_and_nothing_else_does(kept: Office, target: Path) -> None:
    other = target / "other"
    other.mkdir()
    older = [f"masugata-2025010{day}T000000Z.backup" for day in range(1, 6)]
    strangers = ["masugata.db", "masugata-20250101T000000Z.backup.old", "xmasugata-20250101T000000Z.backup"]
    for folder in (target, other):
        for name in (*older, *strangers):
            (folder / name).write_text("content")
    file = create(kept, target, "--keep", "3", "--copy-to", str(other))
    for folder in (target, other):
        left = {path.name for path in folder.iterdir() if path.is_file()}
        assert left == {file.name, *older[-2:], *strangers}
    assert (other / file.name).read_bytes() == file.read_bytes()
    assert (other / file.name).stat().st_mode & 0o777 == 0o600


def test_the_new_one_stays_though_others_seem_to_be_newer(tmp_path: Path) -> None:
    for year in (2024, 2098, 2099):
        (tmp_path / f"masugata-{year}0101T000000Z.backup").touch()
    prune(tmp_path / "masugata-20240101T000000Z.backup", 2)
    assert sorted(path.name[9:13] for path in tmp_path.iterdir()) == ["2024", "2099"]


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Files end after so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_leaves_nothing_behind(kept: Office, target: Path) -> None:
    older = target / "masugata-20250101T000000Z.backup"
    older.touch()
    size = (kept.folder / "var/masugata.db").stat().st_size
    before = everything(kept.folder)
    for limit in (
        100_000,
        size + 10,
    ):  # within the copy of the database, and within the file that is made of it
        with full_disk(limit):
            said = kept.run("backup", "create", str(target), "--keep", "1", status=1).stderr
        assert said.startswith("Error: cannot ") and said.count("\n") == 1, said
        assert everything(target) == {older.name}
        assert everything(kept.folder) == before
    file = create(kept, target)
    move_away(kept)
    with full_disk(100_000):
        said = kept.run("backup", "restore", str(file), "--yes", status=1).stderr
    assert said.startswith("Error: cannot write ") and said.count("\n") == 1
    assert everything(kept.folder / "var") == {"master.key"}
    kept.run("backup", "restore", str(file), "--yes")


def test_ctrl_c_leaves_nothing_behind(kept: Office, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("idp.backup.file.seal_stream", lambda *_: iter(interrupt, 0))
    before = everything(kept.folder)
    assert "Aborted" in kept.run("backup", "create", str(target), status=1).output
    assert everything(target) == set() and everything(kept.folder) == before


def test_a_draft_that_was_abandoned_goes_and_a_young_one_stays(kept: Office, target: Path) -> None:
    old, young = (target / f".masugata-20250101T000000Z.backup.draft-{number}" for number in (1, 2))
    for draft in (old, young):
        draft.touch()
    os.utime(old, (1, 1))
    create(kept, target)
    assert not old.exists() and young.exists()


def test_a_newer_backup_is_known_as_such() -> None:
    check_known("sqlite", migrations("sqlite")[-1].name)
    with pytest.raises(Exception, match="newer than this program: it has 9999_x"):
        check_known("sqlite", "9999_x")


PROGRAM = """#!/bin/sh
echo "$@" > {told}; echo "$PGPASSWORD" >> {told}
echo 'pg_dump: error: aborting because of server version mismatch' >&2
echo 'pg_dump: detail: server version: 99.1; pg_dump version: 15.18' >&2
exit 1
"""


def test_a_password_is_told_unseen_and_what_the_program_says_is_told(
    on_postgres: Office, target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings, told = on_postgres.folder / "idp.yaml", tmp_path / "told"
    settings.write_text(settings.read_text().replace("masugata@", "masugata:hunter2@"))
    (tmp_path / "pg_dump").write_text(PROGRAM.format(told=told))
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = on_postgres.run("backup", "create", str(target), status=1).stderr
    assert said == (
        "Error: pg_dump: error: aborting because of server version mismatch; "
        "detail: server version: 99.1; pg_dump version: 15.18\n"
    )
    arguments, password = told.read_text().splitlines()
    assert password == "hunter2" and "hunter2" not in arguments and "user=masugata" in arguments
    assert everything(target) == set()


@pytest.fixture
def on_postgres(unmigrated: Office, postgres_server: PostgresServer, postgres_url: str) -> Office:
    """The same people on PostgreSQL, whose role does not pass by row-level security."""
    postgres_server.run(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{READER}') THEN "
        f"CREATE ROLE {READER} NOLOGIN BYPASSRLS; GRANT pg_read_all_data TO {READER}; GRANT {READER} TO masugata; "
        "END IF; END $$"
    )
    (unmigrated.folder / "idp.yaml").write_text(f"storage: {postgres_url}\n")
    unmigrated.run("storage", "migrate")
    for name in ("alice", "bob"):
        unmigrated.run("user", "add", name)
    link(unmigrated)
    return unmigrated


def test_postgresql_is_backed_up_drilled_and_put_back(
    on_postgres: Office, target: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = on_postgres
    said = office.run("backup", "create", str(target), status=1).stderr
    assert "rows are hidden from this role: give --role" in said and everything(target) == set()
    file = create(office, target, "--role", READER)
    assert "can be read to its end" in office.run("backup", "verify", str(file)).stdout
    scratch = postgres_server.create("scratch_of_backup")
    said = office.run("backup", "verify", str(file), "--into", scratch).stdout
    assert said.endswith("acme: 2 users, its audit log is whole up to record 2\n")
    people = office.rows("user", "list")
    said = office.run("backup", "restore", str(file), "--yes", status=1).stderr
    assert "is not empty" in said
    again = postgres_server.create("restored_from_backup")
    (office.folder / "idp.yaml").write_text(f"storage: {again}\n")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert "altered or cut" in office.run("backup", "restore", str(file), "--yes", status=1).stderr
    file.write_bytes(whole)
    office.run("backup", "restore", str(file), "--yes")
    assert office.run("storage", "status").stdout == "up to date\n"
    assert office.rows("user", "list") == people
    assert office.run("audit", "verify").stdout == "whole: records 1 to 2\n"
    (office.folder / "idp.yaml").write_text("")
    said = office.run("backup", "restore", str(file), "--yes", status=1).stderr
    assert "a backup of postgresql, and the database to be is of sqlite" in said
    (office.folder / "idp.yaml").write_text(f"storage: {again}\n")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "pg_dump is not installed" in office.run("backup", "create", str(target), status=1).stderr
