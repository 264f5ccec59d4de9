"""`idp storage`, and what other commands say of a database that is not ready."""

from __future__ import annotations

import json

from tests.cli.conftest import Office


def test_migrating_makes_the_database_and_is_done_once(unmigrated: Office) -> None:
    assert "applied 0001_" in unmigrated.run("storage", "migrate").stdout
    assert unmigrated.run("storage", "migrate").stdout == "up to date\n"


def test_the_status_says_what_is_missing(unmigrated: Office) -> None:
    assert "0001_" in unmigrated.run("storage", "status", status=1).stdout
    unmigrated.run("storage", "migrate")
    assert json.loads(unmigrated.run("storage", "status", "--json").stdout) == {"pending": []}


def test_a_command_does_not_migrate_by_the_way(unmigrated: Office) -> None:
    said = unmigrated.run("user", "list", status=1).stderr
    assert said == "Error: the database is not up to date, run idp storage migrate first\n"


def test_migrating_needs_no_tenant_to_be_right(unmigrated: Office) -> None:
    (unmigrated.folder / "tenants/acme/tenant.yaml").write_text("nonsense: 1\n")
    unmigrated.run("storage", "migrate")
    said = unmigrated.run("user", "list", status=1).stderr
    assert "tenant.yaml:1:1: nonsense is an unknown key" in said


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(unmigrated: Office) -> None:
    (unmigrated.folder / "idp.yaml").write_text("storage: sqlite:idp.yaml\n")
    said = unmigrated.run("storage", "migrate", status=1).stderr
    assert said.startswith("Error: ") and "Traceback" not in said
