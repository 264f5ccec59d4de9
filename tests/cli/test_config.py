"""`idp config`."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from idp.cli import main
from tests.cli.conftest import Office


def test_a_right_folder_is_said_to_be_right(unmigrated: Office) -> None:
    done = unmigrated.run("config", "check")
    assert (done.stdout, done.stderr) == ("", "no mistakes\n")


def test_mistakes_are_printed_with_their_place_and_refuse(unmigrated: Office) -> None:
    (unmigrated.folder / "idp.yaml").write_text("workers: 0\nlog: {level: loud}\n")
    done = unmigrated.run("config", "check", status=1)
    assert done.stdout.splitlines() == [
        f"{unmigrated.folder}/idp.yaml:1:10: workers must be at least 1",
        f"{unmigrated.folder}/idp.yaml:2:14: log.level must be debug, info, warning or error",
    ]
    assert done.stderr == "2 mistakes\n"
    (first, _) = json.loads(unmigrated.run("config", "check", "--json", status=1).stdout)
    assert (first["kind"], first["line"], first["column"]) == ("error", 1, 10)


def test_warnings_are_printed_and_do_not_refuse(unmigrated: Office) -> None:
    (unmigrated.folder / "tenants/acme/policies.yaml").write_text("")
    done = unmigrated.run("config", "check")
    assert "policies.yaml:1:1: warning: there is no rule" in done.stdout
    assert done.stderr == "no mistakes, 1 warning\n"


def test_the_folder_may_come_from_the_environment(unmigrated: Office) -> None:
    runner = CliRunner(env={"MASUGATA_CONFIG": str(unmigrated.folder)})
    assert runner.invoke(main, ["config", "check"]).exit_code == 0


def test_schemas_are_printed_for_one_file_or_all() -> None:
    runner = CliRunner()
    one = json.loads(runner.invoke(main, ["config", "schema", "idp"]).stdout)
    assert one["properties"]["workers"]["default"] == 1
    every = json.loads(runner.invoke(main, ["config", "schema"]).stdout)
    assert set(every) == {"idp", "tenant", "authenticators", "policies", "service"}
    assert "client_id" in json.dumps(every["service"]) and "drift_steps" in json.dumps(
        every["authenticators"]
    )
    assert runner.invoke(main, ["config", "schema", "nothing"]).exit_code == 2


def test_every_command_has_help_and_misuse_is_2(tmp_path: Path) -> None:
    runner = CliRunner()
    for noun in main.list_commands(None):  # type: ignore[arg-type]
        assert runner.invoke(main, [noun, "--help"]).exit_code == 0, noun
    assert runner.invoke(main, ["nonsense"]).exit_code == 2
    assert runner.invoke(main, ["user", "add"]).exit_code == 2
