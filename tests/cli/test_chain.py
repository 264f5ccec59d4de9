"""`idp audit export`, `verify` and `key`, and `idp user erase`."""

from __future__ import annotations

import asyncio
import csv
import json
import time
from pathlib import Path

import pytest

from idp.assembly import open_database, open_provider
from idp.chain.linking import LEASE_SECONDS, Linker
from idp.config.load import load
from keys.jws import SigningKey
from tests.cli.conftest import Office


def link(office: Office, seconds: int = 0) -> None:
    """What a server that runs does within a second; one so many seconds later takes over."""
    configuration = load(office.folder)

    async def work() -> None:
        now = int(time.time()) + seconds
        master = configuration.master_key()
        async with open_database(configuration.storage_url) as database:
            provider = await open_provider(configuration, database, master, lambda: now)
            linker = Linker(provider, provider.tenants["acme"], configuration.audit_anchor)
            await linker.link_all()
            await linker.drop_anchor()

    asyncio.run(work())


@pytest.fixture
def proven(office: Office) -> Office:
    """alice and bob were added, and linked; the anchor is a file beside."""
    (office.folder / "idp.yaml").write_text("audit_anchor: elsewhere/anchor\n")
    for name in ("alice", "bob"):
        office.run("user", "add", name, "--display-name", "=1+1")
    link(office)
    return office


def test_the_log_is_proven_in_the_database_and_on_a_file(proven: Office, tmp_path: Path) -> None:
    """THREAT_MODEL.md 31: The verifier needs the file and the public key, no configuration and no database."""
    assert proven.run("audit", "verify").stdout == "whole: records 1 to 2\n"
    file, keys, anchor = tmp_path / "log.jsonl", tmp_path / "keys.json", proven.folder / "elsewhere/anchor"
    proven.run("audit", "export", "--out", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    keys.write_text(proven.run("audit", "key").stdout)
    words = ("audit", "verify", str(file), "--keys", str(keys))
    assert proven.run(*words, "--anchor", str(anchor)).stdout == "whole: records 1 to 2\n"
    assert "proves nothing" in proven.run("audit", "verify", str(file), status=2).stderr
    text = file.read_text()
    file.write_text(text.replace('"username":"bob"', '"username":"eve"'))
    assert "record 2 was altered" in proven.run(*words, status=1).stderr
    file.write_text(text[: text.rindex("\n", 0, -1)])
    assert "record 2 is missing" in proven.run(*words, status=1).stderr
    keys.write_text('{"keys": []}')
    assert "is no JWK Set" in proven.run(*words, status=1).stderr
    keys.write_text(json.dumps({"keys": [dict(SigningKey.generate("EdDSA").public)]}))
    assert "its signature does not hold" in proven.run(*words, status=1).stderr
    keys.write_text("{}")
    assert "is no JWK Set" in proven.run(*words, status=1).stderr


def test_a_cut_is_found_by_the_anchor_that_idp_yaml_names(proven: Office) -> None:
    """THREAT_MODEL.md 31: Also one that takes records and checkpoints together."""

    async def cut(tx: object) -> None:
        for table in ("audit", "audit_checkpoints"):
            await tx.connection.query(f"DELETE FROM {table} WHERE tenant = :tenant")  # type: ignore[attr-defined]

    asyncio.run(proven.within(cut))
    assert "the anchor knows record 2" in proven.run("audit", "verify", status=1).stderr


def test_what_is_not_linked_yet_is_told(proven: Office) -> None:
    proven.run("user", "disable", "alice")
    assert "1 record since" in proven.run("audit", "verify").stdout
    link(proven, LEASE_SECONDS * 2)
    assert proven.run("audit", "verify").stdout == "whole: records 1 to 3\n"


def test_an_erased_user_is_gone_from_the_log_which_stays_whole(proven: Office) -> None:
    """THREAT_MODEL.md 31: Erasing a person keeps the proof."""
    proven.run("user", "erase", "alice", status=1)  # nobody confirmed
    assert proven.run("user", "erase", "Alice", "--yes").stdout == "erased Alice\n"
    link(proven, LEASE_SECONDS * 2)
    assert proven.run("audit", "verify").stdout == "whole: records 1 to 3\n"
    shown = proven.run("audit", "show", "--json").stdout
    assert "alice" not in shown and "bob" in shown
    erased, _, added = json.loads(shown)
    assert erased["event"] == "user.erased" and added["erased"] and added["details"] == {"groups": []}
    assert "no user is or was called" in proven.run("user", "erase", "alice", "--yes", status=1).stderr


def test_who_was_deleted_before_can_still_be_erased(proven: Office) -> None:
    proven.run("user", "delete", "alice", "--yes")
    assert "alice" in proven.run("audit", "show", "--json").stdout
    assert proven.run("user", "erase", "alice", "--yes").stdout == "erased alice\n"
    assert "alice" not in proven.run("audit", "show", "--json").stdout
    (bob,) = (row["id"] for row in proven.rows("user", "list"))
    proven.run("user", "delete", "bob", "--yes")
    assert proven.run("user", "erase", bob, "--yes").stdout == f"erased {bob}\n"


def test_a_table_is_narrowed_and_safe(proven: Office) -> None:
    printed = proven.run("audit", "export", "--format", "csv", "--user", "bob").stdout
    (row,) = csv.DictReader(printed.removeprefix("\ufeff").splitlines())
    assert (row["seq"], row["event"], row["user"]) == ("2", "user.added", "bob") and row["time"].endswith(
        "+09:00"
    )
    assert (
        len(proven.run("audit", "export", "--format", "csv", "--until", "2001-01-01").stdout.splitlines())
        == 1
    )
    assert "use --format csv" in proven.run("audit", "export", "--user", "bob", status=2).stderr


def test_the_key_is_rotated_and_a_file_is_proven_by_the_old_and_by_the_new_set(
    proven: Office, tmp_path: Path
) -> None:
    before, after, file = tmp_path / "before.json", tmp_path / "after.json", tmp_path / "log.jsonl"
    before.write_text(proven.run("audit", "key").stdout)
    early = tmp_path / "early.jsonl"
    proven.run("audit", "export", "--out", str(early))
    assert "signs now" in proven.run("audit", "rotate").stdout
    after.write_text(proven.run("audit", "key").stdout)
    assert [len(json.loads(keys.read_text())["keys"]) for keys in (before, after)] == [1, 2]
    proven.run("audit", "export", "--out", str(file))
    for keys in (before, after):
        said = proven.run("audit", "verify", str(file), "--keys", str(keys)).stdout
        assert said == "whole: records 1 to 3\n"
    assert proven.run("audit", "verify").stdout == "whole: records 1 to 3\n"
    assert "from before" not in proven.run("audit", "verify", str(early), "--keys", str(before)).output
    said = proven.run("audit", "verify", str(early), "--keys", str(after), status=1).stderr
    assert "before there was that key" in said
