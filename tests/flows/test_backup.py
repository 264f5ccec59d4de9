"""A backup made beside a running server, and people who sign in at another one that was begun from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.people import ALICE
from tests.relying_party import RelyingParty
from tests.running import Browsers, Database, usual
from tests.server import Server

pytestmark = pytest.mark.both_stores
READER = "masugata_backup_of_flows"


def backups(folder: Path) -> list[Path]:
    return list(folder.glob("*.backup"))


async def test_people_sign_in_at_what_was_put_back(
    server: Server, database: Database, party: RelyingParty, browsers: Browsers, tmp_path: Path
) -> None:
    words: list[str] = []
    if database.store == "postgresql":
        postgres = database.kept.postgres()
        postgres.run(f"CREATE ROLE {READER} NOLOGIN BYPASSRLS")
        postgres.run(f"GRANT pg_read_all_data TO {READER}; GRANT {READER} TO masugata")
        words = ["--role", READER]
    before = (await party.login(ALICE)).claims
    server.cli("backup", "create", str(tmp_path), *words)
    (file,) = backups(tmp_path)
    restored = usual(tmp_path / "restored", database.empty())
    restored.write()
    shutil.copy(server.folder / "var/master.key", restored.folder / "var/master.key")
    restored.cli("backup", "restore", str(file), "--yes")
    restored.launch()
    try:
        after = (await RelyingParty(browsers(), restored.url).login(ALICE)).claims
        refused = restored.cli("backup", "restore", str(file), "--yes", status=1)
    finally:
        restored.stop()
    assert after["sub"] == before["sub"] and refused == ""
    assert "login.accepted" in [event["event"] for event in restored.audit()]
